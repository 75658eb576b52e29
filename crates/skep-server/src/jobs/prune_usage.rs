//! Deletes usage that is older than the seller wants to keep. What each license ever downloaded is
//! kept apart from it and stays.

use crate::clock::Timestamp;
use crate::db::{Db, DbError, in_tx, usage};

/// Deletes rows of more than `retention_days` before `now`; 0 keeps them for ever. How many went.
///
/// # Errors
/// The database does not answer; part of the work may be done.
pub async fn prune_usage(db: &Db, retention_days: u32, now: Timestamp) -> Result<u64, DbError> {
    if retention_days == 0 {
        return Ok(0);
    }
    let before = now.plus_days(-i64::from(retention_days));
    let mut deleted = 0;
    loop {
        // Some thousands at a time: writers of other things get their turn in between.
        let some: u64 = in_tx!(db, |tx| usage::prune(tx, before).await)?;
        deleted += some;
        if some == 0 {
            return Ok(deleted);
        }
    }
}
