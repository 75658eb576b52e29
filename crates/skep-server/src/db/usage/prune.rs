//! Deleting what is older than the seller wants to keep. Reports read first how much is there
//! ([`kept`](super::kept)), so that is noted before anything goes.

use super::{DAY_MICROS, kept};
use crate::clock::Timestamp;
use crate::db::{DbError, Tx};

/// Batches forgotten in one transaction, and the time whose rows go in one: nobody waits long for it.
const BATCHES: i64 = 5_000;
const ROWS_MICROS: i64 = 600_000_000;

/// Deletes some of the single rows from before the beginning of a day, the oldest first; how many. Call
/// it until it says 0.
pub async fn prune_rows(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let before = day_of(before) * DAY_MICROS;
    // Rows have no id: an index on one would cost more than all the others.
    let sql = "DELETE FROM usage WHERE at < $1 AND at < (SELECT MIN(at) FROM usage) + $2";
    let deleted = execute!(tx, sql, before, ROWS_MICROS)?;
    if deleted > 0 {
        kept::rows_go_before(tx, Timestamp::from_micros(before)).await?;
    }
    Ok(deleted)
}

/// Deletes the oldest day, if it is before that of a moment; how many rows. Call it until it says 0.
pub async fn prune_days(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let day = day_of(before);
    let sql = "DELETE FROM usage_daily WHERE day < $1 AND day = (SELECT MIN(day) FROM usage_daily)";
    let deleted = execute!(tx, sql, day)?;
    if deleted > 0 {
        kept::days_go_before(tx, Timestamp::from_micros(day * DAY_MICROS)).await?;
    }
    Ok(deleted)
}

/// Forgets some of the batches that were inserted before a moment; how many. Call it until it says 0.
pub async fn forget_batches(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let sql = "DELETE FROM usage_batches WHERE id IN \
        (SELECT id FROM usage_batches WHERE inserted_at < $1 LIMIT $2)";
    execute!(tx, sql, before.micros(), BATCHES)
}

const fn day_of(moment: Timestamp) -> i64 {
    moment.micros().div_euclid(DAY_MICROS)
}
