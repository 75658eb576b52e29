//! Deletes what nobody can use anymore: sessions and one-time links that are over, counts of wrong
//! attempts that are forgotten, and addresses where a user has not been for long.

use crate::accounts::sessions::{LONGEST_IDLE_SECONDS, LONGEST_SECONDS};
use crate::clock::Timestamp;
use crate::db::{Db, DbError, attempts, in_tx, one_time_links, sessions};

/// No rule remembers longer: see `accounts/attempts.rs`.
const ATTEMPTS_DAYS: i64 = 1;
/// Whoever was not at an address for so long is a stranger there again.
const KNOWN_ADDRESS_DAYS: i64 = 180;

/// Deletes it all once. How many rows went.
///
/// # Errors
/// The database does not answer; nothing is deleted then.
pub async fn prune_accounts(db: &Db, now: Timestamp) -> Result<u64, DbError> {
    let (oldest, idle) = (
        now.plus_seconds(-LONGEST_SECONDS),
        now.plus_seconds(-LONGEST_IDLE_SECONDS),
    );
    in_tx!(db, |tx| {
        let mut rows = sessions::delete_before(tx, oldest, idle).await?;
        rows += one_time_links::delete_before(tx, now).await?;
        rows += attempts::delete_before(tx, now.plus_days(-ATTEMPTS_DAYS)).await?;
        let long_ago = now.plus_days(-KNOWN_ADDRESS_DAYS);
        rows += attempts::delete_known_addresses_before(tx, long_ago).await?;
        Ok(rows)
    })
}
