//! Showing licenses to the seller.

use std::collections::HashMap;

use serde::Serialize;

use crate::app::App;
use crate::db::downloads::Download;
use crate::db::{self, DbError};
use crate::licensing::customer::Customer;
use crate::licensing::customers::{self, CustomerError};
use crate::licensing::grant::Grant;
use crate::licensing::key::KeyRecord;
use crate::licensing::license::License;
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
    let emails: HashMap<_, _> = customers
        .into_iter()
        .map(|customer| (customer.id, customer.email))
        .collect();
    let products = db::products::list(&mut conn).await?;
    let slugs: HashMap<_, _> = products
        .into_iter()
        .map(|product| (product.id, product.slug))
        .collect();
    let now = app.clock.now();
    let licenses = db::licenses::list(&mut conn, only).await?;
    Ok(licenses
        .into_iter()
        .map(|license| Listed {
            customer_email: emails.get(&license.customer).cloned().unwrap_or_default(),
            product_slugs: license
                .products
                .iter()
                .filter_map(|id| slugs.get(id).cloned())
                .collect(),
            standing: license.terms.standing(now).as_str(),
            license,
        })
        .collect())
}

/// Everything about the license of an id or external id.
pub async fn show(app: &App, license: &str) -> Result<Shown, ShowError> {
    let mut conn = app.db.read().await?;
    let license = super::find(&mut conn, license).await??;
    let customer = db::customers::find(&mut conn, license.customer).await?;
    let corrupt = || DbError::Corrupt {
        table: "licenses",
        id: license.id.to_string(),
        problem: format!("customer `{}` is missing", license.customer),
    };
    Ok(Shown {
        customer: customer.ok_or_else(corrupt)?,
        standing: license.terms.standing(app.clock.now()).as_str(),
        products: super::products_of(&mut conn, &license).await?,
        keys: db::keys::list(&mut conn, license.id).await?,
        grants: db::grants::list(&mut conn, license.id).await?,
        downloads: db::downloads::list_by_license(&mut conn, license.id).await?,
        license,
    })
}
