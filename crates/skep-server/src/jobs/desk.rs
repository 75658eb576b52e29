//! Where a node takes jobs, and says how they went.

use std::time::Duration;

use super::error::JobError;
use super::retry::{MAX_ATTEMPTS, pause_seconds};
use super::task::Kind;
use crate::clock::Clock;
use crate::db::jobs::{self, Claim, Job};
use crate::db::{Db, DbError, in_tx};
use crate::ids::NodeId;

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a claim holds without being renewed: nodes' clocks have to agree better than that.
    pub lease_seconds: i64,
    /// Between two renewals.
    pub renew: Duration,
    /// Between two looks for something to do.
    pub poll: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease_seconds: 60,
            renew: Duration::from_secs(15),
            poll: Duration::from_secs(1),
        }
    }
}

/// One node's way to the jobs.
#[derive(Clone, Debug)]
pub struct Desk {
    db: Db,
    clock: Clock,
    node: NodeId,
    pub(super) pace: Pace,
}

impl Desk {
    /// A desk of a new node.
    #[must_use]
    pub fn new(db: Db, clock: Clock, pace: Pace) -> Self {
        Self {
            node: NodeId::new(&clock),
            db,
            clock,
            pace,
        }
    }

    /// Takes the job that has been due longest; one that was abandoned in its last attempt is given up.
    ///
    /// # Errors
    /// The database failed.
    pub async fn claim(&self, kinds: &[Kind]) -> Result<Option<(Claim, Job)>, DbError> {
        let names: Vec<&'static str> = kinds.iter().map(|kind| kind.name).collect();
        // A look first: claiming would lock out other writers for nothing.
        while jobs::is_due(&mut self.db.read().await?, &names, self.clock.now()).await? {
            let Some((claim, job)) = self.take(&names).await? else {
                break;
            };
            let kind = kind_of(kinds, &job);
            let comes_back = kind.is_some_and(|kind| kind.every_seconds.is_some());
            if comes_back || job.attempts <= MAX_ATTEMPTS {
                return Ok(Some((claim, job)));
            }
            self.fail(claim, kind, &JobError::Abandoned).await?;
        }
        Ok(None)
    }

    async fn take(&self, names: &[&'static str]) -> Result<Option<(Claim, Job)>, DbError> {
        let times = (self.clock.now(), self.lease_until());
        let taken = in_tx!(self.db, |tx| jobs::claim(tx, names, self.node, times).await)?;
        Ok(taken.map(|job: Job| {
            let claim = Claim {
                job: job.id,
                node: self.node,
                attempt: job.attempts,
            };
            (claim, job)
        }))
    }

    fn lease_until(&self) -> crate::clock::Timestamp {
        self.clock.now().plus_seconds(self.pace.lease_seconds)
    }

    /// Keeps a claim; returns when it is lost.
    pub async fn keep(&self, claim: Claim) {
        let mut lease_until = self.lease_until();
        while self.clock.now() < lease_until {
            tokio::time::sleep(self.pace.renew).await;
            let until = self.lease_until();
            match in_tx!(self.db, |tx| jobs::renew(tx, claim, until).await) {
                Ok(true) => lease_until = until,
                Ok(false) => return,
                // Nobody else can take it while the database is away.
                Err(error) => tracing::debug!(%error, "a claim could not be renewed"),
            }
        }
    }

    /// Gives a job back that was not finished, as if it had not been begun.
    ///
    /// # Errors
    /// The database failed; another node takes the job when its lease has ended.
    pub async fn give_back(&self, claim: Claim) -> Result<bool, DbError> {
        in_tx!(self.db, |tx| jobs::give_back(tx, claim).await)
    }

    /// A job went well. `false` when it was somebody else's by then.
    ///
    /// # Errors
    /// The database failed; the job will be done once more.
    pub async fn finish(&self, claim: Claim, kind: Option<Kind>) -> Result<bool, DbError> {
        let now = self.clock.now();
        let every = kind.and_then(|kind| kind.every_seconds);
        in_tx!(self.db, |tx| match every {
            Some(seconds) => {
                let times = (now, now.plus_seconds(seconds));
                jobs::finish_until(tx, claim, times).await
            }
            None => jobs::finish(tx, claim).await,
        })
    }

    /// A job failed: it comes again after a pause. After the last attempt it is given up, unless it is
    /// work that comes back, which goes on at its own pace.
    ///
    /// # Errors
    /// The database failed; the job comes again when its lease has ended.
    pub async fn fail(
        &self,
        claim: Claim,
        kind: Option<Kind>,
        error: &JobError,
    ) -> Result<bool, DbError> {
        let now = self.clock.now();
        let every = kind.and_then(|kind| kind.every_seconds);
        let pause = pause_seconds(claim.attempt, self.clock.random());
        let pause = every.map_or(pause, |every| pause.min(every));
        let is_last = every.is_none() && claim.attempt >= MAX_ATTEMPTS;
        let times = (now.plus_seconds(pause), is_last.then_some(now));
        let text = sentence(error);
        in_tx!(self.db, |tx| jobs::fail(tx, claim, &text, times).await)
    }
}

/// What is known of a job's kind.
pub(super) fn kind_of(kinds: &[Kind], job: &Job) -> Option<Kind> {
    kinds.iter().copied().find(|kind| kind.name == job.kind)
}

/// An error with its causes, on one line.
fn sentence(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
