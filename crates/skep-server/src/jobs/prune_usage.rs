//! Deletes usage that is older than the seller wants to keep: single rows, and days. What each license
//! ever downloaded is kept apart from both and stays.

use crate::clock::Timestamp;
use crate::config;
use crate::db::{Db, DbError, in_tx, usage};

/// The names of batches are remembered for so many days: a file of the spool that comes back from a
/// disk later than that would count again.
const BATCH_DAYS: u32 = 400;

/// How many days of usage are kept; 0 keeps it for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Single rows.
    pub rows_days: u32,
    /// Sums of days.
    pub daily_days: u32,
}

impl Keep {
    /// What the configuration says.
    #[must_use]
    pub const fn of(config: &config::Usage) -> Self {
        Self {
            rows_days: config.retention_days,
            daily_days: config.daily_retention_days,
        }
    }
}

#[derive(Clone, Copy)]
enum Part {
    Rows,
    Days,
    Batches,
}

/// Deletes rows and days that are older at `now` than is kept. How many rows of tables went.
///
/// # Errors
/// The database does not answer; part of the work may be done.
pub async fn prune_usage(db: &Db, keep: Keep, now: Timestamp) -> Result<u64, DbError> {
    let parts = [
        (Part::Rows, keep.rows_days),
        (Part::Days, keep.daily_days),
        (Part::Batches, BATCH_DAYS),
    ];
    let mut deleted = 0;
    for (part, days) in parts {
        if days > 0 {
            deleted += prune(db, part, now.plus_days(-i64::from(days))).await?;
        }
    }
    Ok(deleted)
}

async fn prune(db: &Db, part: Part, before: Timestamp) -> Result<u64, DbError> {
    let mut deleted = 0;
    loop {
        // Some thousands at a time: writers of other things get their turn in between.
        let some: u64 = in_tx!(db, |tx| {
            match part {
                Part::Rows => usage::prune_rows(tx, before).await,
                Part::Days => usage::prune_days(tx, before).await,
                Part::Batches => usage::forget_batches(tx, before).await,
            }
        })?;
        deleted += some;
        if some == 0 {
            return Ok(deleted);
        }
    }
}
