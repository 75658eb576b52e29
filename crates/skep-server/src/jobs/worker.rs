//! Carries jobs out, a few at once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, kind_of};
use super::error::JobError;
use super::task::Kind;
use crate::db::DbError;
use crate::db::jobs::{Claim, Job};

/// One that takes long does not hold up the others.
const AT_ONCE: usize = 2;

/// Takes jobs from a desk and performs them.
#[derive(Debug)]
pub struct Worker<F> {
    desk: Desk,
    kinds: Vec<Kind>,
    perform: F,
    /// An outage is logged when it begins.
    is_away: AtomicBool,
}

impl<F, R> Worker<F>
where
    F: Fn(Job) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), JobError>> + Send + 'static,
{
    /// A worker for jobs of some kinds.
    pub const fn new(desk: Desk, kinds: Vec<Kind>, perform: F) -> Self {
        Self {
            desk,
            kinds,
            perform,
            is_away: AtomicBool::new(false),
        }
    }

    /// Works until it is stopped, and then gives back what it has begun.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            while running.len() < AT_ONCE
                && let Some((claim, job)) = self.next().await
            {
                running.spawn(Arc::clone(&self).carry_out(claim, job, stop.clone()));
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(self.desk.pace.poll) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn next(&self) -> Option<(Claim, Job)> {
        let claimed = self.desk.claim(&self.kinds).await;
        let was_away = self.is_away.swap(claimed.is_err(), Ordering::Relaxed);
        claimed.unwrap_or_else(|error| {
            if !was_away {
                tracing::warn!(%error, "jobs cannot be claimed: they wait");
            }
            None
        })
    }

    async fn carry_out(self: Arc<Self>, claim: Claim, job: Job, stop: CancellationToken) {
        let (id, name, kind) = (job.id, job.kind.clone(), kind_of(&self.kinds, &job));
        let work = AssertUnwindSafe((self.perform)(job)).catch_unwind();
        let said = tokio::select! {
            outcome = work => match outcome.unwrap_or(Err(JobError::Panicked)) {
                Ok(()) => self.desk.finish(claim, kind).await,
                Err(error) => {
                    tracing::warn!(job = %id, kind = name, attempt = claim.attempt, %error, "a job failed");
                    self.desk.fail(claim, kind, &error).await
                }
            },
            () = self.desk.keep(claim) => Ok(false),
            () = stop.cancelled() => self.desk.give_back(claim).await,
        };
        log_unsaid(said, &name);
    }
}

fn log_unsaid(said: Result<bool, DbError>, kind: &str) {
    match said {
        Ok(true) => {}
        Ok(false) => tracing::warn!(kind, "a job was taken over by another node"),
        Err(error) => {
            tracing::warn!(kind, %error, "how a job went could not be written down: it comes again")
        }
    }
}
