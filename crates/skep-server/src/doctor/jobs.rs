//! Work that does not get done.

use super::Check;
use crate::db::jobs::Job;
use crate::db::{self, Db};

const NAME: &str = "jobs";
/// One failure may be a bad minute.
const FAILURES: i64 = 3;
const SHOWN: usize = 5;

/// Nothing when all is well: most sellers never need to know that there are jobs.
pub(super) async fn examine(db: &Db) -> Vec<Check> {
    let jobs = async { db::jobs::list(&mut db.read().await?).await }.await;
    match jobs {
        Ok(jobs) => jobs.iter().filter_map(fault).take(SHOWN).collect(),
        Err(error) => {
            let advice = "restore the database from a backup if this stays";
            vec![Check::fail(NAME, error.to_string(), advice)]
        }
    }
}

fn fault(job: &Job) -> Option<Check> {
    let (id, kind) = (job.id, &job.kind);
    let error = job.last_error.as_deref().unwrap_or("nobody said why");
    if let Some(since) = job.dead_at {
        let text = format!(
            "`{kind}` was given up on {} after {} attempts: {error}",
            since.date(),
            job.attempts
        );
        let advice = format!(
            "when the cause is gone, `skep job retry {id}` does it; `skep job discard {id}` if it is not needed anymore"
        );
        return Some(Check::warn(NAME, text, advice));
    }
    (job.attempts >= FAILURES && job.claim.is_none()).then(|| {
        let text = format!("`{kind}` failed {} times in a row: {error}", job.attempts);
        let advice = format!("it is tried again; `skep job retry {id}` does so at once");
        Check::warn(NAME, text, advice)
    })
}
