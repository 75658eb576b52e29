//! Counted requests, and the batches they came in.

mod report;

use sqlx::QueryBuilder;

pub use report::{Asked, UsageRow, report};

use crate::clock::Timestamp;
use crate::db::row::big;
use crate::db::{DbError, Tx};
use crate::delivery::Way;
use crate::usage::Counted;

/// Rows of one statement: 16 columns each, and SQLite takes 32,766 parameters. A full one is prepared
/// once.
const CHUNK: usize = 500;
/// Batches forgotten in one transaction, and the time whose rows go in one: nobody waits long for it.
const PRUNE_BATCHES: i64 = 5_000;
const PRUNE_MICROS: i64 = 600_000_000;

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

/// Deletes some of the rows and batches from before a moment, the oldest first; how many. Call it until
/// it says 0.
pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let batches = "DELETE FROM usage_batches WHERE id IN \
        (SELECT id FROM usage_batches WHERE inserted_at < $1 LIMIT $2)";
    // Rows have no id: an index on one would cost more than all the others.
    let rows = "DELETE FROM usage WHERE at < $1 AND at < (SELECT MIN(at) FROM usage) + $2";
    let batches = execute!(tx, batches, before.micros(), PRUNE_BATCHES)?;
    Ok(batches + execute!(tx, rows, before.micros(), PRUNE_MICROS)?)
}
