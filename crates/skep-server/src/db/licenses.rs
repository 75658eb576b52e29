//! Tables `licenses` and `license_products`.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::db::row::{At, micros, time};
use crate::db::{Change, Conn, DbError, Driver, Tx};
use crate::ids::{CustomerId, LicenseId, ProductId};
use crate::licensing::license::{License, Status, Terms};
use crate::licensing::plan::Plan;

row! {
    struct LicenseRow {
        id: String, customer_id: String, plan: String, starts_at: i64, access_until: Option<i64>,
        updates_until: Option<i64>, grace_days: i64, status: String, status_since: i64,
        narrowed_at: Option<i64>, external_id: Option<String>, notes: String, created_at: i64,
        updated_at: i64,
    }
}

/// All columns, before what follows `FROM licenses`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, customer_id, plan, starts_at, access_until, updates_until, grace_days, status, ",
            "status_since, narrowed_at, external_id, notes, created_at, updated_at FROM licenses",
            $rest
        )
    };
}

impl LicenseRow {
    fn into_license(self, mut products: Vec<ProductId>) -> Result<License, DbError> {
        products.sort();
        let at = At {
            table: "licenses",
            id: &self.id,
        };
        Ok(License {
            id: at.parse(&self.id)?,
            customer: at.parse(&self.customer_id)?,
            products,
            plan: at.parse(&self.plan)?,
            terms: Terms {
                starts_at: Timestamp::from_micros(self.starts_at),
                access_until: time(self.access_until),
                updates_until: time(self.updates_until),
                grace_days: at.number("grace_days", self.grace_days)?,
                status: at.parse(&self.status)?,
                status_since: Timestamp::from_micros(self.status_since),
            },
            narrowed_at: time(self.narrowed_at),
            external_id: self.external_id,
            notes: self.notes,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

fn product(license: &str, product: &str) -> Result<ProductId, DbError> {
    At {
        table: "license_products",
        id: license,
    }
    .parse(product)
}

/// The license of this id.
pub async fn find(conn: &mut Conn, id: LicenseId) -> Result<Option<License>, DbError> {
    let row = fetch_optional!(conn, LicenseRow, select!(" WHERE id = $1"), id.to_string())?;
    with_products(conn, row).await
}

/// The license that the seller's own system calls this.
pub async fn find_by_external_id(
    conn: &mut Conn,
    external_id: &str,
) -> Result<Option<License>, DbError> {
    let row = fetch_optional!(
        conn,
        LicenseRow,
        select!(" WHERE external_id = $1"),
        external_id
    )?;
    with_products(conn, row).await
}

async fn with_products(
    conn: &mut Conn,
    row: Option<LicenseRow>,
) -> Result<Option<License>, DbError> {
    let Some(row) = row else { return Ok(None) };
    let sql = "SELECT product_id FROM license_products WHERE license_id = $1";
    let products = fetch_all!(conn, (String,), sql, &row.id)?;
    let products = products
        .iter()
        .map(|(id,)| product(&row.id, id))
        .collect::<Result<_, _>>()?;
    row.into_license(products).map(Some)
}

/// The licenses with an update window and a product of a repository.
pub async fn list_windowed(conn: &mut Conn, repository: &str) -> Result<Vec<LicenseId>, DbError> {
    let sql = "SELECT DISTINCT licenses.id FROM licenses \
               JOIN license_products ON license_products.license_id = licenses.id \
               JOIN products ON products.id = license_products.product_id \
               WHERE licenses.updates_until IS NOT NULL AND products.repository = $1 ORDER BY licenses.id";
    let rows = fetch_all!(conn, (String,), sql, repository)?;
    let parse = |(id,): &(String,)| {
        At {
            table: "licenses",
            id,
        }
        .parse(id)
    };
    rows.iter().map(parse).collect()
}

/// The licenses of a customer or all of them, in the order they were issued.
pub async fn list(conn: &mut Conn, customer: Option<CustomerId>) -> Result<Vec<License>, DbError> {
    let (rows, products) = if let Some(customer) = customer {
        let of = customer.to_string();
        let sql = "SELECT license_id, product_id FROM license_products \
                   WHERE license_id IN (SELECT id FROM licenses WHERE customer_id = $1)";
        let rows = fetch_all!(conn, LicenseRow, select!(" WHERE customer_id = $1"), &of)?;
        (rows, fetch_all!(conn, (String, String), sql, &of)?)
    } else {
        let sql = "SELECT license_id, product_id FROM license_products";
        (
            fetch_all!(conn, LicenseRow, select!(""))?,
            fetch_all!(conn, (String, String), sql)?,
        )
    };
    let mut licenses = joined(rows, &products)?;
    licenses.sort_by_key(|license| (license.created_at, license.id));
    Ok(licenses)
}

/// Which licenses a page has. `None` does not restrict anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// That give this product.
    pub product: Option<ProductId>,
    /// Under this plan.
    pub plan: Option<Plan>,
    /// Of this status.
    pub status: Option<Status>,
}

/// Some licenses in the order in which they were issued: those after an id, at most so many.
pub async fn page(
    conn: &mut Conn,
    filter: &Filter,
    after: Option<LicenseId>,
    limit: u32,
) -> Result<Vec<License>, DbError> {
    let plan = filter.plan.map(Plan::as_str);
    let status = filter.status.map(Status::as_str);
    let product = filter.product.map(|id| id.to_string());
    let after = after.map(|id| id.to_string());
    let limit = i64::from(limit);
    let rows = if let Some(customer) = filter.customer {
        // A statement of its own: this way both databases use the index.
        let sql = select!(
            " WHERE customer_id = $6 AND id > COALESCE($1, '') AND ($2 IS NULL OR plan = $2) \
              AND ($3 IS NULL OR status = $3) AND ($4 IS NULL OR id IN \
              (SELECT license_id FROM license_products WHERE product_id = $4)) ORDER BY id LIMIT $5"
        );
        let customer = customer.to_string();
        fetch_all!(
            conn, LicenseRow, sql, &after, plan, status, &product, limit, &customer
        )?
    } else {
        let sql = select!(
            " WHERE id > COALESCE($1, '') AND ($2 IS NULL OR plan = $2) \
              AND ($3 IS NULL OR status = $3) AND ($4 IS NULL OR id IN \
              (SELECT license_id FROM license_products WHERE product_id = $4)) ORDER BY id LIMIT $5"
        );
        fetch_all!(conn, LicenseRow, sql, &after, plan, status, &product, limit)?
    };
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let sql = "SELECT license_id, product_id FROM license_products WHERE license_id IN";
    let products = fetch_in!(conn, (String, String), sql, ids)?;
    joined(rows, &products)
}

/// Licenses with their products.
fn joined(rows: Vec<LicenseRow>, products: &[(String, String)]) -> Result<Vec<License>, DbError> {
    let mut of_license: HashMap<&str, Vec<ProductId>> = HashMap::new();
    for (license, id) in products {
        of_license
            .entry(license)
            .or_default()
            .push(product(license, id)?);
    }
    rows.into_iter()
        .map(|row| {
            let products = of_license.remove(row.id.as_str()).unwrap_or_default();
            row.into_license(products)
        })
        .collect()
}

/// The licenses that give a product and have downloaded anything, sorted. The rest of the
/// transaction nobody else changes any license of the product.
pub async fn lock_by_product(tx: &mut Tx, product: ProductId) -> Result<Vec<LicenseId>, DbError> {
    let product = product.to_string();
    // SQLite has one writer, and this is it; it does not know `FOR NO KEY UPDATE` either.
    if matches!(tx.driver(), Driver::Postgres(_)) {
        let sql = "SELECT id FROM licenses WHERE id IN \
                   (SELECT license_id FROM license_products WHERE product_id = $1) ORDER BY id FOR NO KEY UPDATE";
        fetch_all!(tx, (String,), sql, &product)?;
    }
    let sql = "SELECT DISTINCT downloads.license_id FROM downloads \
               JOIN license_products ON license_products.license_id = downloads.license_id \
               WHERE license_products.product_id = $1";
    let rows = fetch_all!(tx, (String,), sql, &product)?;
    let parse = |(id,): &(String,)| {
        At {
            table: "downloads",
            id,
        }
        .parse(id)
    };
    let mut ids = rows
        .iter()
        .map(parse)
        .collect::<Result<Vec<LicenseId>, _>>()?;
    ids.sort();
    Ok(ids)
}

/// How many licenses that may come to life again or live see releases up to a date only.
pub async fn count_with_update_window(conn: &mut Conn) -> Result<u64, DbError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM licenses WHERE updates_until IS NOT NULL AND status <> $1";
    let (count,) = fetch_one!(conn, (i64,), sql, Status::Revoked.as_str())?;
    Ok(count.unsigned_abs())
}

/// Adds a license.
pub async fn insert(tx: &mut Tx, license: &License) -> Result<(), DbError> {
    let terms = &license.terms;
    execute!(
        tx,
        "INSERT INTO licenses (id, customer_id, plan, starts_at, access_until, updates_until, grace_days, \
         status, status_since, narrowed_at, external_id, notes, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        license.id.to_string(),
        license.customer.to_string(),
        license.plan.as_str(),
        terms.starts_at.micros(),
        micros(terms.access_until),
        micros(terms.updates_until),
        i64::from(terms.grace_days),
        terms.status.as_str(),
        terms.status_since.micros(),
        micros(license.narrowed_at),
        license.external_id.as_deref(),
        &license.notes,
        license.created_at.micros(),
        license.updated_at.micros()
    )?;
    insert_products(tx, license).await
}

/// Writes all of a license that can change.
pub async fn update(tx: &mut Tx, license: &License) -> Result<(), DbError> {
    let terms = &license.terms;
    execute!(
        tx,
        "UPDATE licenses SET plan = $2, starts_at = $3, access_until = $4, updates_until = $5, \
         grace_days = $6, status = $7, status_since = $8, narrowed_at = $9, external_id = $10, notes = $11, \
         updated_at = $12, customer_id = $13 WHERE id = $1",
        license.id.to_string(),
        license.plan.as_str(),
        terms.starts_at.micros(),
        micros(terms.access_until),
        micros(terms.updates_until),
        i64::from(terms.grace_days),
        terms.status.as_str(),
        terms.status_since.micros(),
        micros(license.narrowed_at),
        license.external_id.as_deref(),
        &license.notes,
        license.updated_at.micros(),
        license.customer.to_string()
    )?;
    execute!(
        tx,
        "DELETE FROM license_products WHERE license_id = $1",
        license.id.to_string()
    )?;
    insert_products(tx, license).await
}

async fn insert_products(tx: &mut Tx, license: &License) -> Result<(), DbError> {
    for product in &license.products {
        execute!(
            tx,
            "INSERT INTO license_products (license_id, product_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            license.id.to_string(),
            product.to_string()
        )?;
    }
    tx.changed(Change::License(license.id));
    Ok(())
}

/// Keeps everybody else from changing these licenses, or recording downloads of them, until the
/// transaction ends. Give the ids sorted: two who lock in the same order never wait for each other
/// in a circle.
pub async fn lock(tx: &mut Tx, ids: &[LicenseId]) -> Result<(), DbError> {
    // SQLite has one writer, and this is it.
    if matches!(tx.driver(), Driver::Sqlite(_)) {
        return Ok(());
    }
    for id in ids {
        // `FOR NO KEY UPDATE` is what SQLite does not know.
        let sql = "SELECT id FROM licenses WHERE id = $1 FOR NO KEY UPDATE";
        fetch_optional!(tx, (String,), sql, id.to_string())?;
    }
    Ok(())
}

/// When those of these licenses that exist were narrowed.
pub async fn list_narrowed_at(
    conn: &mut Conn,
    ids: &[LicenseId],
) -> Result<HashMap<LicenseId, Option<Timestamp>>, DbError> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows = fetch_in!(
        conn,
        (String, Option<i64>),
        "SELECT id, narrowed_at FROM licenses WHERE id IN",
        texts
    )?;
    rows.iter()
        .map(|(id, at)| {
            Ok((
                At {
                    table: "licenses",
                    id,
                }
                .parse(id)?,
                time(*at),
            ))
        })
        .collect()
}

/// Notes when every license of a product came to see less; `None` = nothing is kept from it.
pub async fn update_narrowed_at(
    tx: &mut Tx,
    product: ProductId,
    at: Option<Timestamp>,
) -> Result<(), DbError> {
    let sql = "UPDATE licenses SET narrowed_at = $2 WHERE id IN \
               (SELECT license_id FROM license_products WHERE product_id = $1)";
    execute!(tx, sql, product.to_string(), micros(at))?;
    Ok(())
}
