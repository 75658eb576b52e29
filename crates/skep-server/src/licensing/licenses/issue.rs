//! Issuing a license with its first key.

use crate::app::App;
use crate::clock::Clock;
use crate::db::audit::Actor;
use crate::db::{self, Conn, DbError, Tx, in_tx};
use crate::ids::LicenseId;
use crate::licensing::customer::Customer;
use crate::licensing::customers::{self, CustomerError};
use crate::licensing::key::{KeyRecord, LicenseKey};
use crate::licensing::keys;
use crate::licensing::license::{License, Terms};
use crate::licensing::plan::Plan;
use crate::licensing::product::{Product, Slug};
use crate::licensing::products;
use crate::licensing::terms::{self, Dates, TermsError};
use crate::licensing::texts::{self, TextError};
use crate::licensing::unknown::Unknown;
use crate::licensing::windows::{self, WindowError};

/// A license to be issued.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The customer's address or id.
    pub customer: String,
    /// What it gives: at least one.
    pub products: Vec<Slug>,
    /// Under which terms.
    pub plan: Plan,
    /// Its dates, as far as they were given.
    pub dates: Dates,
    /// Its name in the seller's own system.
    pub external_id: Option<String>,
    /// For the seller's eyes.
    pub notes: String,
    /// What to call its first key.
    pub key_label: String,
    /// Who issues it.
    pub actor: Actor,
}

/// A license that was issued. The secret exists only here.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The license.
    pub license: License,
    /// Whose it is.
    pub customer: Customer,
    /// What it gives.
    pub products: Vec<Product>,
    /// Its first key.
    pub key: KeyRecord,
    /// What the customer needs.
    pub secret: LicenseKey,
    /// What the seller should know.
    pub notes: Vec<String>,
}

/// Why a license was not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// It would give nothing.
    #[error("a license needs at least one product: give `--product SLUG`")]
    NoProducts,
    /// The dates do not go with the plan.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// It would see a part of a prebuilt repository.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// A text is not taken.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Another license has this name.
    #[error("the external id `{external_id}` belongs to license `{license}` already")]
    ExternalIdTaken {
        /// What was given.
        external_id: String,
        /// Who has it.
        license: LicenseId,
    },
    /// No such customer.
    #[error("{0}; `skep customer create` enters one")]
    UnknownCustomer(Unknown),
    /// No such product.
    #[error(transparent)]
    UnknownProduct(Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Issues a license and makes its first key.
pub async fn issue(app: &App, request: &Issue) -> Result<Issued, IssueError> {
    if request.products.is_empty() {
        return Err(IssueError::NoProducts);
    }
    request
        .external_id
        .as_deref()
        .map_or(Ok(()), texts::check_external_id)?;
    texts::check_notes(&request.notes)?;
    texts::check_line("label", &request.key_label)?;
    let now = app.clock.now();
    let terms = terms::resolve(request.plan, &request.dates, now)?;
    in_tx!(app.db, |tx| {
        let customer = customer(tx, &request.customer).await?;
        let mut products = Vec::with_capacity(request.products.len());
        for slug in &request.products {
            products.push(
                products::find(tx, slug)
                    .await?
                    .map_err(IssueError::UnknownProduct)?,
            );
        }
        windows::check(app, &products, &terms)?;
        external_id_is_free(tx, request.external_id.as_deref(), None).await?;
        let new = NewLicense {
            customer: &customer,
            products: &products,
            plan: request.plan,
            terms,
            external_id: request.external_id.clone(),
            notes: request.notes.clone(),
        };
        let license = insert(tx, &app.clock, &request.actor, new).await?;
        let (key, secret) =
            keys::insert_new(tx, &app.clock, (license.id, &request.key_label), None).await?;
        let notes = terms::notes(&terms, now);
        Ok(Issued {
            license,
            customer,
            products,
            key,
            secret,
            notes,
        })
    })
}

async fn customer(tx: &mut Tx, email_or_id: &str) -> Result<Customer, IssueError> {
    match customers::find(tx, email_or_id).await {
        Ok(customer) => Ok(customer),
        Err(CustomerError::Database(error)) => Err(error.into()),
        Err(_) => Err(IssueError::UnknownCustomer(Unknown::customer(email_or_id))),
    }
}

/// Two licenses with one external id could not be told apart.
pub(in crate::licensing) async fn external_id_is_free(
    conn: &mut Conn,
    external_id: Option<&str>,
    of: Option<LicenseId>,
) -> Result<(), IssueError> {
    let Some(external_id) = external_id else {
        return Ok(());
    };
    match db::licenses::find_by_external_id(conn, external_id).await? {
        Some(license) if Some(license.id) != of => Err(IssueError::ExternalIdTaken {
            external_id: external_id.to_owned(),
            license: license.id,
        }),
        _ => Ok(()),
    }
}

/// A license whose every part has been checked.
pub(in crate::licensing) struct NewLicense<'a> {
    pub(in crate::licensing) customer: &'a Customer,
    pub(in crate::licensing) products: &'a [Product],
    pub(in crate::licensing) plan: Plan,
    pub(in crate::licensing) terms: Terms,
    pub(in crate::licensing) external_id: Option<String>,
    pub(in crate::licensing) notes: String,
}

pub(in crate::licensing) async fn insert(
    tx: &mut Tx,
    clock: &Clock,
    actor: &Actor,
    new: NewLicense<'_>,
) -> Result<License, DbError> {
    let now = clock.now();
    let mut products: Vec<_> = new.products.iter().map(|product| product.id).collect();
    products.sort();
    products.dedup();
    let license = License {
        id: LicenseId::new(clock),
        customer: new.customer.id,
        products,
        plan: new.plan,
        terms: new.terms,
        narrowed_at: None,
        external_id: new.external_id,
        notes: new.notes,
        created_at: now,
        updated_at: now,
    };
    db::licenses::insert(tx, &license).await?;
    let detail = serde_json::json!({
        "customer": new.customer.email,
        "products": new.products.iter().map(|product| product.slug.as_str()).collect::<Vec<_>>(),
        "plan": license.plan,
        "terms": license.terms,
    });
    tx.audit(clock, actor, ("license.issue", &license.id), detail)
        .await?;
    Ok(license)
}
