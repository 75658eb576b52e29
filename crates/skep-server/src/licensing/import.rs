//! Taking over the licenses and keys of an older system: all of them, or none.

mod row;

use std::collections::HashMap;

use serde::Serialize;

use crate::app::App;
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::{KeyId, LicenseId};
use crate::licensing::customer::Customer;
use crate::licensing::customers;
use crate::licensing::key::{KeyHash, LicenseKey};
use crate::licensing::keys;
use crate::licensing::licenses::{self, NewLicense};
use crate::licensing::product::{Product, Slug};
use crate::licensing::terms;
use crate::licensing::windows;

use row::{Checked, GivenKey};
pub use row::{GivenDate, ImportRow};

/// What was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// One for each row, in their order.
    pub licenses: Vec<ImportedLicense>,
    /// How many customers were entered.
    pub new_customers: usize,
    /// What the seller should know, with the line it is about.
    pub notes: Vec<(u64, String)>,
}

/// A license that was imported.
#[derive(Clone, Debug)]
pub struct ImportedLicense {
    /// The line of its row.
    pub line: u64,
    /// The license.
    pub license: LicenseId,
    /// Its customer's address.
    pub customer_email: String,
    /// Its key.
    pub key: KeyId,
    /// The key itself, when the row had none and one was made. It exists only here.
    pub secret: Option<LicenseKey>,
}

/// What is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BadLine {
    /// Which line.
    pub line: u64,
    /// What is wrong with it, with the value; never a key.
    pub problem: String,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Some lines are not right.
    #[error("nothing was imported: {}", shown(.0))]
    BadLines(Vec<BadLine>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

fn shown(lines: &[BadLine]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|bad| format!("line {}: {}", bad.line, bad.problem))
        .collect();
    lines.join("; ")
}

/// Imports licenses with their keys in one transaction. Customers that are not there are entered.
pub async fn import(app: &App, rows: &[ImportRow], actor: &Actor) -> Result<Imported, ImportError> {
    in_tx!(app.db, |tx| {
        let mut known = Known::load(tx).await?;
        let mut bad = Vec::new();
        let mut checked = Vec::with_capacity(rows.len());
        for row in rows {
            match check(tx, &mut known, row, app).await? {
                Ok(row) => checked.push(row),
                Err(problems) => {
                    bad.extend(problems.into_iter().map(|problem| BadLine {
                        line: row.line,
                        problem,
                    }));
                }
            }
        }
        if !bad.is_empty() {
            return Err(ImportError::BadLines(bad));
        }
        let mut imported = Imported {
            licenses: Vec::new(),
            new_customers: 0,
            notes: Vec::new(),
        };
        for row in checked {
            insert(app, tx, (&mut known, &mut imported), row, actor).await?;
        }
        let detail = serde_json::json!({
            "licenses": imported.licenses.len(), "new_customers": imported.new_customers,
        });
        tx.audit(&app.clock, actor, ("license.import", &"licenses"), detail)
            .await?;
        Ok(imported)
    })
}

/// What rows are compared with: what is in the database, and the rows before.
struct Known {
    products: HashMap<Slug, Product>,
    customers: HashMap<String, Customer>,
    /// The line of each key and external id so far.
    keys: HashMap<KeyHash, u64>,
    external_ids: HashMap<String, u64>,
}

impl Known {
    async fn load(tx: &mut Tx) -> Result<Self, DbError> {
        let products = db::products::list(tx).await?;
        let customers = db::customers::list(tx).await?;
        Ok(Self {
            products: products
                .into_iter()
                .map(|product| (product.slug.clone(), product))
                .collect(),
            customers: customers
                .into_iter()
                .map(|customer| (customer.email.clone(), customer))
                .collect(),
            keys: HashMap::new(),
            external_ids: HashMap::new(),
        })
    }
}

/// Everything about a row that can be wrong, all at once.
async fn check(
    tx: &mut Tx,
    known: &mut Known,
    row: &ImportRow,
    app: &App,
) -> Result<Result<Checked, Vec<String>>, DbError> {
    let (checked, mut problems) = row::check(row, &known.products, app.clock.now());
    if let Some(hash) = checked
        .as_ref()
        .and_then(|checked| checked.key.as_ref())
        .map(GivenKey::hash)
    {
        if let Some(line) = known.keys.insert(hash, row.line) {
            problems.push(format!(
                "its key is the one of line {line} too: each license needs its own"
            ));
        } else if let Some(key) = db::keys::find_by_hash(tx, hash).await? {
            problems.push(format!(
                "its key is known already, as `{}` of license `{}`",
                key.id, key.license
            ));
        }
    }
    if let Some(external_id) = checked
        .as_ref()
        .and_then(|checked| checked.external_id.as_ref())
    {
        if let Some(line) = known.external_ids.insert(external_id.clone(), row.line) {
            problems.push(format!(
                "external_id `{external_id}` is the one of line {line} too"
            ));
        } else if let Some(license) = db::licenses::find_by_external_id(tx, external_id).await? {
            problems.push(format!(
                "external_id `{external_id}` belongs to license `{}` already",
                license.id
            ));
        }
    }
    if let Some(checked) = &checked
        && let Err(error) = windows::check(app, &checked.products, &checked.terms)
    {
        problems.push(error.to_string());
    }
    Ok(match checked {
        Some(checked) if problems.is_empty() => Ok(checked),
        _ => Err(problems),
    })
}

async fn insert(
    app: &App,
    tx: &mut Tx,
    (known, imported): (&mut Known, &mut Imported),
    row: Checked,
    actor: &Actor,
) -> Result<(), DbError> {
    let clock = &app.clock;
    if !known.customers.contains_key(&row.email) {
        let name = row.name.as_deref().unwrap_or(&row.email);
        let customer = customers::insert(tx, clock, actor, (&row.email, name)).await?;
        known.customers.insert(row.email.clone(), customer);
        imported.new_customers += 1;
    }
    let new = NewLicense {
        customer: &known.customers[&row.email],
        products: &row.products,
        plan: row.plan,
        terms: row.terms,
        external_id: row.external_id,
        notes: row.notes,
    };
    let license = licenses::insert(tx, clock, actor, new).await?;
    let (given, secret) = match row.key {
        Some(given) => (given, None),
        None => {
            let made = LicenseKey::generate(clock);
            (GivenKey::Clear(made.clone()), Some(made))
        }
    };
    let hash_and_hint = (given.hash(), given.hint());
    let key = keys::record(clock, (license.id, &row.key_label), hash_and_hint, None);
    db::keys::insert(tx, &key).await?;
    let mut notes = terms::notes(&license.terms, clock.now());
    notes.extend(given.note());
    let notes = notes.into_iter().map(|note| (row.line, note));
    imported.notes.extend(notes);
    imported.licenses.push(ImportedLicense {
        line: row.line,
        license: license.id,
        customer_email: row.email,
        key: key.id,
        secret,
    });
    Ok(())
}
