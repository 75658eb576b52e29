//! Changing the terms and products of a license.

mod request;

pub use request::{Change, Edit};

use super::IssueError;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::{CustomerId, LicenseId};
use crate::licensing::license::{License, Status, Terms};
use crate::licensing::narrowing::{self, Downloaded, Narrowed, Sight};
use crate::licensing::plan::Plan;
use crate::licensing::product::{Product, Slug};
use crate::licensing::products;
use crate::licensing::terms::{self, Dates, TermsError};
use crate::licensing::texts::{self, TextError};
use crate::licensing::unknown::Unknown;
use crate::licensing::windows::{self, WindowError};

/// A license that was changed.
#[derive(Clone, Debug)]
pub struct Changed {
    /// As it is now.
    pub license: License,
    /// What it gives now.
    pub products: Vec<Product>,
    /// What it had downloaded and does not see anymore by its products and dates: kept as grants, or
    /// lost.
    pub narrowed: Narrowed,
    /// What the seller should know.
    pub notes: Vec<String>,
}

/// Why a license was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It is closed for good.
    #[error("license `{0}` is revoked, and that is for good: issue a new one")]
    Revoked(LicenseId),
    /// It would give nothing.
    #[error("license `{0}` would have no product left: add one, or revoke the license")]
    NoProducts(LicenseId),
    /// It cannot lose what it does not have.
    #[error("license `{license}` does not have product `{product}`")]
    NotItsProduct {
        /// Which license.
        license: LicenseId,
        /// What was given.
        product: Slug,
    },
    /// The dates do not go with the plan.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// It would see a part of a prebuilt repository.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// A text is not taken.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The external id is another's.
    #[error(transparent)]
    ExternalId(IssueError),
    /// No such license or product.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Changes a license. What it has downloaded stays visible to it, unless the request says otherwise.
pub async fn change(app: &App, request: &Change) -> Result<Changed, ChangeError> {
    if let Edit::Set(external_id) = &request.external_id {
        texts::check_external_id(external_id)?;
    }
    texts::check_notes(request.notes.as_deref().unwrap_or_default())?;
    in_tx!(app.db, |tx| {
        let before = super::find_locked(tx, &request.license).await??;
        change_in(app, tx, (&before, before.customer), request).await
    })
}

/// Changes a license that the transaction has locked, and whose it is. What is as it was is not written.
pub(super) async fn change_in(
    app: &App,
    tx: &mut Tx,
    (before, customer): (&License, CustomerId),
    request: &Change,
) -> Result<Changed, ChangeError> {
    let now = app.clock.now();
    if before.terms.status == Status::Revoked {
        return Err(ChangeError::Revoked(before.id));
    }
    let products_before = super::products_of(tx, before).await?;
    let products = changed_products(tx, before, &products_before, request).await?;
    let mut license = changed(before, request, now)?;
    license.customer = customer;
    license.products = products.iter().map(|product| product.id).collect();
    license.products.sort();
    windows::check(app, &products, &license.terms)?;
    check_external_id(tx, &license).await?;
    let sights = (
        sight(&products_before, &before.terms),
        sight(&products, &license.terms),
    );
    let narrowed = narrowing::apply(app, tx, license.id, sights, request.downloaded, now).await?;
    match request.downloaded {
        Downloaded::Keep if sights.0.is_narrowed_by(&sights.1) => {
            license.narrowed_at = Some(now);
        }
        Downloaded::Keep => {}
        Downloaded::Hide => license.narrowed_at = None,
    }
    let is_same = License {
        updated_at: before.updated_at,
        ..license.clone()
    } == *before;
    if is_same && request.downloaded == Downloaded::Keep {
        license.updated_at = before.updated_at;
    } else {
        write(app, tx, (&license, &products), &narrowed, &request.actor).await?;
    }
    let notes = terms::notes(&license.terms, now);
    Ok(Changed {
        license,
        products,
        narrowed,
        notes,
    })
}

async fn write(
    app: &App,
    tx: &mut Tx,
    (license, products): (&License, &[Product]),
    narrowed: &Narrowed,
    actor: &Actor,
) -> Result<(), DbError> {
    db::licenses::update(tx, license).await?;
    let detail = serde_json::json!({
        "customer": license.customer,
        "plan": license.plan,
        "terms": license.terms,
        "products": products.iter().map(|product| product.slug.as_str()).collect::<Vec<_>>(),
        "narrowed": narrowed,
    });
    let subject = (
        "license.change",
        &license.id as &(dyn std::fmt::Display + Sync),
    );
    tx.audit(&app.clock, actor, subject, detail).await
}

fn sight<'a>(products: &'a [Product], terms: &Terms) -> Sight<'a> {
    Sight {
        products,
        updates_until: terms.updates_until,
    }
}

async fn changed_products(
    tx: &mut Tx,
    license: &License,
    before: &[Product],
    request: &Change,
) -> Result<Vec<Product>, ChangeError> {
    let mut products = before.to_vec();
    for slug in &request.remove_products {
        let product = products::find(tx, slug).await??;
        let position = products
            .iter()
            .position(|known| known.id == product.id)
            .ok_or_else(|| ChangeError::NotItsProduct {
                license: license.id,
                product: slug.clone(),
            })?;
        products.remove(position);
    }
    for slug in &request.add_products {
        let product = products::find(tx, slug).await??;
        if !products.iter().any(|known| known.id == product.id) {
            products.push(product);
        }
    }
    if products.is_empty() {
        return Err(ChangeError::NoProducts(license.id));
    }
    Ok(products)
}

/// The license with everything but its products as asked for.
fn changed(before: &License, request: &Change, now: Timestamp) -> Result<License, TermsError> {
    let plan = request.plan.unwrap_or(before.plan);
    let dates = changed_dates(before, plan, request);
    let resolved = terms::resolve(plan, &dates, now);
    // An end before the start that nobody gave now moves the start, as when issuing.
    let resolved = match resolved {
        Err(TermsError::EndsBeforeStart { .. }) if request.starts_at.is_none() => terms::resolve(
            plan,
            &Dates {
                starts_at: None,
                ..dates
            },
            now,
        ),
        resolved => resolved,
    }?;
    let terms = Terms {
        status: before.terms.status,
        status_since: before.terms.status_since,
        ..resolved
    };
    Ok(License {
        plan,
        terms,
        external_id: request
            .external_id
            .clone()
            .apply(before.external_id.clone()),
        notes: request
            .notes
            .clone()
            .unwrap_or_else(|| before.notes.clone()),
        updated_at: now,
        ..before.clone()
    })
}

/// A plan is a template: what only the old one had does not outlive it.
fn changed_dates(before: &License, plan: Plan, request: &Change) -> Dates {
    let is_same = plan == before.plan;
    let has_end = is_same || matches!(plan, Plan::Subscription | Plan::Trial);
    let has_updates_end = is_same || plan == Plan::Perpetual;
    let old = &before.terms;
    Dates {
        starts_at: Some(request.starts_at.unwrap_or(old.starts_at)),
        access_until: request
            .access_until
            .apply(old.access_until.filter(|_| has_end)),
        updates_until: request
            .updates_until
            .apply(old.updates_until.filter(|_| has_updates_end)),
        grace_days: request.grace_days.or(is_same.then_some(old.grace_days)),
    }
}

async fn check_external_id(tx: &mut Tx, license: &License) -> Result<(), ChangeError> {
    match super::external_id_is_free(tx, license.external_id.as_deref(), Some(license.id)).await {
        Ok(()) => Ok(()),
        Err(IssueError::Database(error)) => Err(error.into()),
        Err(taken) => Err(ChangeError::ExternalId(taken)),
    }
}
