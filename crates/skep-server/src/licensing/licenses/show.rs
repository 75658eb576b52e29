//! Showing licenses to the seller.

use std::collections::HashMap;

use serde::Serialize;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::downloads::Download;
pub use crate::db::licenses::Filter;
use crate::db::{self, Conn, DbError};
use crate::ids::{CustomerId, LicenseId, ProductId};
use crate::licensing::customer::Customer;
use crate::licensing::customers::{self, CustomerError};
use crate::licensing::grant::Grant;
use crate::licensing::key::KeyRecord;
use crate::licensing::license::License;
use crate::licensing::page::{Page, Part};
use crate::licensing::product::{Product, Slug};
use crate::licensing::unknown::Unknown;

/// A license in a listing.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The license.
    #[serde(flatten)]
    pub license: License,
    /// Its customer's address.
    pub customer_email: String,
    /// What it gives.
    pub product_slugs: Vec<Slug>,
    /// How it stands now: one word.
    pub standing: &'static str,
}

/// Everything about a license.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The license.
    pub license: License,
    /// How it stands now: one word.
    pub standing: &'static str,
    /// Whose it is.
    pub customer: Customer,
    /// What it gives.
    pub products: Vec<Product>,
    /// Its keys, oldest first.
    pub keys: Vec<KeyRecord>,
    /// What it may see by name.
    pub grants: Vec<Grant>,
    /// What it fetched.
    pub downloads: Vec<Download>,
}

/// Why nothing was shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// No such license or customer.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The licenses of a customer (by address or id) or all of them, in the order they were issued.
pub async fn list(app: &App, customer: Option<&str>) -> Result<Vec<Listed>, ShowError> {
    let mut conn = app.db.read().await?;
    let customers = match customer {
        None => db::customers::list(&mut conn).await?,
        Some(text) => match customers::find(&mut conn, text).await {
            Ok(customer) => vec![customer],
            Err(CustomerError::Database(error)) => return Err(error.into()),
            Err(_) => return Err(Unknown::customer(text).into()),
        },
    };
    let only = customer
        .and_then(|_| customers.first())
        .map(|customer| customer.id);
    let emails = customers
        .into_iter()
        .map(|customer| (customer.id, customer.email))
        .collect();
    let products = db::products::list(&mut conn).await?;
    let slugs = products
        .into_iter()
        .map(|product| (product.id, product.slug))
        .collect();
    let now = app.clock.now();
    let licenses = db::licenses::list(&mut conn, only).await?;
    Ok(licenses
        .into_iter()
        .map(|license| listed(license, &emails, &slugs, now))
        .collect())
}

fn listed(
    license: License,
    emails: &HashMap<CustomerId, String>,
    slugs: &HashMap<ProductId, Slug>,
    now: Timestamp,
) -> Listed {
    let products = license.products.iter();
    Listed {
        customer_email: emails.get(&license.customer).cloned().unwrap_or_default(),
        product_slugs: products.filter_map(|id| slugs.get(id).cloned()).collect(),
        standing: license.terms.standing(now).as_str(),
        license,
    }
}

/// Some of the licenses that a filter lets through, in the order in which they were issued.
pub async fn page(
    app: &App,
    filter: &Filter,
    part: Part<LicenseId>,
) -> Result<Page<Listed, LicenseId>, ShowError> {
    let mut conn = app.db.read().await?;
    let limit = part.limit.saturating_add(1);
    let rows = db::licenses::page(&mut conn, filter, part.after, limit).await?;
    let found = Page::new(rows, part.limit, |license| license.id);
    let ids: Vec<_> = found.items.iter().map(|license| license.customer).collect();
    let emails = db::customers::list_emails(&mut conn, &ids).await?;
    let products = db::products::list(&mut conn).await?;
    let slugs = products
        .into_iter()
        .map(|product| (product.id, product.slug))
        .collect();
    let now = app.clock.now();
    let items = found.items.into_iter();
    Ok(Page {
        items: items
            .map(|license| listed(license, &emails, &slugs, now))
            .collect(),
        next: found.next,
    })
}

/// Everything about the license of an id or external id.
pub async fn show(app: &App, license: &str) -> Result<Shown, ShowError> {
    let mut conn = app.db.read().await?;
    let license = super::find(&mut conn, license).await??;
    shown(app, &mut conn, license).await
}

/// Everything about the license of an external id, whatever it looks like.
pub async fn show_by_external_id(app: &App, external_id: &str) -> Result<Shown, ShowError> {
    let mut conn = app.db.read().await?;
    let found = db::licenses::find_by_external_id(&mut conn, external_id).await?;
    let license = found.ok_or_else(|| Unknown::license(external_id))?;
    shown(app, &mut conn, license).await
}

async fn shown(app: &App, conn: &mut Conn, license: License) -> Result<Shown, ShowError> {
    let customer = db::customers::find(conn, license.customer).await?;
    let corrupt = || DbError::Corrupt {
        table: "licenses",
        id: license.id.to_string(),
        problem: format!("customer `{}` is missing", license.customer),
    };
    Ok(Shown {
        customer: customer.ok_or_else(corrupt)?,
        standing: license.terms.standing(app.clock.now()).as_str(),
        products: super::products_of(conn, &license).await?,
        keys: db::keys::list(conn, license.id).await?,
        grants: db::grants::list(conn, license.id).await?,
        downloads: db::downloads::list_by_license(conn, license.id).await?,
        license,
    })
}
