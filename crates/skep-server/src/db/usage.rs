//! Counted requests, and the batches they came in.

mod daily;
pub(crate) mod kept;
mod prune;
mod report;

use sqlx::QueryBuilder;

pub use daily::add as add_to_days;
pub use prune::{forget_batches, prune_days, prune_rows};
pub use report::{Asked, Report, UsageRow, report};

use crate::clock::Timestamp;
use crate::db::row::big;
use crate::db::{DbError, Tx};
use crate::delivery::Way;
use crate::usage::Counted;

/// Rows of one statement: 16 columns each, and SQLite takes 32,766 parameters. A full one is prepared
/// once.
const CHUNK: usize = 500;
/// A day in UTC.
pub(super) const DAY_MICROS: i64 = 86_400_000_000;

/// Remembers a batch by its name; `false` when it has been inserted before.
pub async fn insert_batch(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool, DbError> {
    let sql =
        "INSERT INTO usage_batches (id, inserted_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    Ok(execute!(tx, sql, id, now.micros())? == 1)
}

/// Inserts counted requests.
pub async fn insert(tx: &mut Tx, rows: &[Counted]) -> Result<(), DbError> {
    for chunk in rows.chunks(CHUNK) {
        on_db!(tx, |c| {
            let mut insert = QueryBuilder::new(
                "INSERT INTO usage (at, license_id, key_id, repository, file, package, version, status, \
                 delivery, address, client, client_version, elixir_version, otp_version, ci, requests) ",
            );
            insert.push_values(chunk, |mut values, row| {
                values.push_bind(row.at.micros());
                values.push_bind(row.license.map(|id| id.to_string()));
                values.push_bind(row.key.map(|id| id.to_string()));
                values.push_bind(&*row.repository);
                values.push_bind(row.file.as_str());
                values.push_bind(row.package.as_deref());
                values.push_bind(row.version.as_deref());
                values.push_bind(i64::from(row.status));
                values.push_bind(row.delivery.map(Way::as_str));
                values.push_bind(row.address.map(|address| address.to_string()));
                values.push_bind(&*row.client);
                values.push_bind(row.client_version.as_deref());
                values.push_bind(row.elixir_version.as_deref());
                values.push_bind(row.otp_version.as_deref());
                values.push_bind(i64::from(row.ci));
                values.push_bind(big(row.requests));
            });
            insert
                .build()
                .persistent(chunk.len() == CHUNK)
                .execute(c)
                .await
                .map(|_| ())
        })?;
    }
    Ok(())
}
