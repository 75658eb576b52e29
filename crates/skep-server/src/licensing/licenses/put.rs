//! Creating or changing the license that the seller's own system calls by an id of its own: the same
//! request any number of times has the effect of one.

mod difference;

use serde_json::{Value, json};

pub use difference::Difference;
use difference::{difference, terms_differences};

use super::change::change_in;
use super::issue::{IssueError, NewLicense, insert};
use super::{Change, ChangeError, Edit};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::licensing::customer::Customer;
use crate::licensing::customers::{self, CustomerError};
use crate::licensing::key::{KeyRecord, LicenseKey};
use crate::licensing::keys;
use crate::licensing::license::License;
use crate::licensing::narrowing::Narrowed;
use crate::licensing::plan::Plan;
use crate::licensing::product::{Product, Slug};
use crate::licensing::products;
use crate::licensing::terms::{self, Dates};
use crate::licensing::texts::{self, TextError};
use crate::licensing::unknown::Unknown;
use crate::licensing::windows;

/// Two who create the same license or customer at once: the one who comes second finds it then.
const ATTEMPTS: u32 = 3;

/// A license as it shall be.
#[derive(Clone, Debug)]
pub struct Put {
    /// What the seller's own system calls it.
    pub external_id: String,
    /// The customer's address: whoever has it gets the license, and is entered if nobody does.
    pub email: String,
    /// The customer's name.
    pub name: String,
    /// What it gives: these and no others.
    pub products: Vec<Slug>,
    /// Its plan.
    pub plan: Plan,
    /// Its start; an existing license keeps its own when left out.
    pub starts_at: Option<Timestamp>,
    /// The end of access; an existing license keeps its own when left out, unless the plan changes.
    pub access_until: Edit<Timestamp>,
    /// The end of updates; the same.
    pub updates_until: Edit<Timestamp>,
    /// Grace days; the same.
    pub grace_days: Option<u32>,
    /// Who asks for it.
    pub actor: Actor,
}

/// The license, as it is now.
#[derive(Clone, Debug)]
pub struct PutDone {
    /// The license.
    pub license: License,
    /// How it stands now: one word.
    pub standing: &'static str,
    /// Whose it is.
    pub customer: Customer,
    /// What it gives.
    pub products: Vec<Product>,
    /// The first key and its secret, which exists only here; `None` = the license was there before.
    pub first_key: Option<(KeyRecord, LicenseKey)>,
    /// What is different now; nothing for a license that is new.
    pub differences: Vec<Difference>,
    /// What it had downloaded and does not see anymore by its products and dates: kept as grants.
    pub narrowed: Option<Narrowed>,
    /// What the seller should know.
    pub notes: Vec<String>,
}

/// Why a license was neither created nor changed.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// It would give nothing.
    #[error("a license needs at least one product")]
    NoProducts,
    /// The external id is not one.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The customer's address or name is not one.
    #[error(transparent)]
    Customer(CustomerError),
    /// A new license was not issued.
    #[error(transparent)]
    Issue(IssueError),
    /// The license that is there was not changed.
    #[error(transparent)]
    Change(ChangeError),
    /// No such product.
    #[error(transparent)]
    UnknownProduct(Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Creates the license of an external id with its first key, or makes it what it shall be. What it has
/// downloaded stays visible to it.
pub async fn put(app: &App, request: &Put) -> Result<PutDone, PutError> {
    if request.products.is_empty() {
        return Err(PutError::NoProducts);
    }
    texts::check_external_id(&request.external_id)?;
    let email = customers::parse_email(&request.email).map_err(PutError::Customer)?;
    let name = customers::parse_name(&request.name).map_err(PutError::Customer)?;
    let mut attempt = 1;
    loop {
        let done = in_tx!(app.db, |tx| put_in(app, tx, request, (&email, name)).await);
        match done {
            Err(PutError::Database(DbError::Unique(_))) if attempt < ATTEMPTS => attempt += 1,
            done => return done,
        }
    }
}

async fn put_in(
    app: &App,
    tx: &mut Tx,
    request: &Put,
    (email, name): (&str, &str),
) -> Result<PutDone, PutError> {
    let found = db::licenses::find_by_external_id(tx, &request.external_id).await?;
    let Some(found) = found else {
        let (customer, _) = customer(app, tx, request, (email, name)).await?;
        return create(app, tx, request, customer).await;
    };
    db::licenses::lock(tx, &[found.id]).await?;
    // Again: it may have changed, or gone by another name, before the lock was there.
    let Some(before) = db::licenses::find_by_external_id(tx, &request.external_id).await? else {
        return Err(DbError::Conflict.into());
    };
    let (customer, renamed) = customer(app, tx, request, (email, name)).await?;
    alter(app, tx, request, &before, (customer, renamed)).await
}

/// The customer of the address, with the name that was given; and what was different, if anything.
async fn customer(
    app: &App,
    tx: &mut Tx,
    request: &Put,
    (email, name): (&str, &str),
) -> Result<(Customer, Option<Difference>), DbError> {
    let Some(before) = db::customers::find_by_email(tx, email).await? else {
        let entered = customers::insert(tx, &app.clock, &request.actor, (email, name)).await?;
        return Ok((entered, None));
    };
    let after = Customer {
        name: name.to_owned(),
        ..before.clone()
    };
    customers::update(tx, &app.clock, &request.actor, (&before, &after)).await?;
    let renamed = difference("customer.name", json!(before.name), json!(after.name));
    Ok((after, renamed))
}

async fn create(
    app: &App,
    tx: &mut Tx,
    request: &Put,
    customer: Customer,
) -> Result<PutDone, PutError> {
    let now = app.clock.now();
    let set = |edit| match edit {
        Edit::Set(at) => Some(at),
        Edit::Keep | Edit::Clear => None,
    };
    let dates = Dates {
        starts_at: request.starts_at,
        access_until: set(request.access_until),
        updates_until: set(request.updates_until),
        grace_days: request.grace_days,
    };
    let terms = terms::resolve(request.plan, &dates, now);
    let terms = terms.map_err(|error| PutError::Issue(error.into()))?;
    let mut products = Vec::with_capacity(request.products.len());
    for slug in &request.products {
        let product = products::find(tx, slug).await?;
        products.push(product.map_err(PutError::UnknownProduct)?);
    }
    products.sort_by_key(|product| product.id);
    products.dedup();
    windows::check(app, &products, &terms).map_err(|error| PutError::Issue(error.into()))?;
    let new = NewLicense {
        customer: &customer,
        products: &products,
        plan: request.plan,
        terms,
        external_id: Some(request.external_id.clone()),
        notes: String::new(),
    };
    let license = insert(tx, &app.clock, &request.actor, new).await?;
    let first_key = keys::insert_new(tx, &app.clock, (license.id, ""), None).await?;
    Ok(PutDone {
        standing: license.terms.standing(now).as_str(),
        license,
        customer,
        products,
        first_key: Some(first_key),
        differences: Vec::new(),
        narrowed: None,
        notes: terms::notes(&terms, now),
    })
}

async fn alter(
    app: &App,
    tx: &mut Tx,
    request: &Put,
    before: &License,
    (customer, renamed): (Customer, Option<Difference>),
) -> Result<PutDone, PutError> {
    let before_customer = db::customers::find(tx, before.customer).await?;
    let mut products_before = super::products_of(tx, before).await?;
    let has = |slug: &&Slug| products_before.iter().any(|known| known.slug == **slug);
    let lost = products_before.iter().map(|product| &product.slug);
    let change = Change {
        plan: Some(request.plan),
        starts_at: request.starts_at,
        access_until: request.access_until,
        updates_until: request.updates_until,
        grace_days: request.grace_days,
        add_products: request
            .products
            .iter()
            .filter(|slug| !has(slug))
            .cloned()
            .collect(),
        remove_products: lost
            .filter(|slug| !request.products.contains(slug))
            .cloned()
            .collect(),
        ..Change::of(before.id.to_string(), request.actor.clone())
    };
    let changed = change_in(app, tx, (before, customer.id), &change).await;
    let mut changed = changed.map_err(|error| match error {
        ChangeError::Unknown(unknown) => PutError::UnknownProduct(unknown),
        ChangeError::Database(error) => error.into(),
        error => PutError::Change(error),
    })?;
    products_before.sort_by_key(|product| product.id);
    changed.products.sort_by_key(|product| product.id);
    let was = before_customer.map(|customer| customer.email);
    let mut differences: Vec<_> = difference("customer.email", json!(was), json!(customer.email))
        .into_iter()
        .chain(renamed)
        .collect();
    let (old, new) = (slugs(&products_before), slugs(&changed.products));
    differences.extend(difference("products", old, new));
    differences.extend(terms_differences(before, &changed.license));
    Ok(PutDone {
        standing: changed.license.terms.standing(app.clock.now()).as_str(),
        license: changed.license,
        customer,
        products: changed.products,
        first_key: None,
        differences,
        narrowed: Some(changed.narrowed),
        notes: changed.notes,
    })
}

fn slugs(products: &[Product]) -> Value {
    products
        .iter()
        .map(|product| product.slug.as_str())
        .collect()
}
