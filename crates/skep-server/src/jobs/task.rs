//! The registry: every kind of job there is, how often it comes back, and what it does.

use serde_json::json;

use super::error::JobError;
use super::prune_accounts::prune_accounts;
use super::prune_oauth::prune_oauth;
use super::prune_usage::{Keep, prune_usage};
use crate::app::App;
use crate::clock::Clock;
use crate::db::jobs::{Job, NewJob};
use crate::ids::JobId;

const HOUR_SECONDS: i64 = 3600;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Deletes sessions, links, counts and addresses that are over.
    PruneAccounts,
    /// Deletes logins and revocations that are over.
    PruneOauth,
    /// Deletes usage that is too old.
    PruneUsage,
}

/// What is known of a kind without its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// How the database calls it.
    pub name: &'static str,
    /// How long after its end it is due again; `None` = it is done once.
    pub every_seconds: Option<i64>,
}

impl Kind {
    const fn every(name: &'static str, seconds: i64) -> Self {
        Self {
            name,
            every_seconds: Some(seconds),
        }
    }
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 3] = [Self::PruneAccounts, Self::PruneOauth, Self::PruneUsage];

    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::PruneAccounts => Kind::every("prune_accounts", HOUR_SECONDS),
            Self::PruneOauth => Kind::every("prune_oauth", HOUR_SECONDS),
            Self::PruneUsage => Kind::every("prune_usage", HOUR_SECONDS),
        }
    }

    /// The task of a kind.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.kind().name == name)
    }

    /// Every kind.
    #[must_use]
    pub fn kinds() -> Vec<Kind> {
        Self::ALL.map(Self::kind).to_vec()
    }

    /// The one job of a task that comes back, due at once.
    pub(super) fn periodic(self, clock: &Clock) -> NewJob {
        let (kind, now) = (self.kind().name, clock.now());
        NewJob {
            id: JobId::new(clock),
            kind,
            payload: json!({}),
            unique_key: Some(kind.to_owned()),
            created_at: now,
            run_at: now,
        }
    }
}

/// Does what a job is for.
///
/// # Errors
/// It is to be tried again.
pub async fn perform(app: &App, job: &Job) -> Result<(), JobError> {
    let task = Task::named(&job.kind).ok_or_else(|| JobError::UnknownKind(job.kind.clone()))?;
    let now = app.clock.now();
    let rows = match task {
        Task::PruneAccounts => prune_accounts(&app.db, now).await?,
        Task::PruneOauth => prune_oauth(&app.db, now).await?,
        Task::PruneUsage => prune_usage(&app.db, Keep::of(&app.config.usage), now).await?,
    };
    if rows > 0 {
        tracing::info!(job = job.kind, rows, "what is over was deleted");
    }
    Ok(())
}
