//! Deletes what is of no use to anybody anymore: revocations of tokens that have expired by themselves,
//! logins that nobody confirmed, and logins that ended long ago. The audit keeps what happened.

use crate::clock::Timestamp;
use crate::db::{Db, DbError, in_tx, oauth_grants};

/// A replayed refresh token is told that its login has ended for so long.
const KEPT_DAYS: i64 = 7;

/// Deletes what is of no use at `now`. How many rows went.
///
/// # Errors
/// The database does not answer; part of the work may be done.
pub async fn prune_oauth(db: &Db, now: Timestamp) -> Result<u64, DbError> {
    let ended_before = now.plus_days(-KEPT_DAYS);
    let mut deleted = 0;
    loop {
        // Some hundreds at a time: writers of other things get their turn in between.
        let some: u64 = in_tx!(db, |tx| oauth_grants::prune(tx, now, ended_before).await)?;
        deleted += some;
        if some == 0 {
            return Ok(deleted);
        }
    }
}
