//! What the seller sees of jobs, and can do about them.

use serde::Serialize;

use super::task::Task;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::jobs::Job;
use crate::db::{self, DbError, in_tx};
use crate::ids::JobId;

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It will be done when it is due.
    Waiting,
    /// A node is at it.
    Running,
    /// It failed and will be tried again.
    Failing,
    /// It failed too often and was given up.
    Dead,
}

impl State {
    /// Its name, as people read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Failing => "failing",
            Self::Dead => "dead",
        }
    }
}

/// A job for people and programs.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: String,
    /// What it does it with.
    pub payload: serde_json::Value,
    /// How it stands.
    pub state: State,
    /// Not before.
    pub run_at: Timestamp,
    /// How often it was begun without an end that was good.
    pub attempts: i64,
    /// When it was last done, where it comes back.
    pub done_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl Shown {
    fn new(job: Job, now: Timestamp) -> Self {
        let is_running = job.claim.is_some_and(|(_, until)| until > now);
        let state = match (job.dead_at, is_running) {
            (Some(_), _) => State::Dead,
            (None, true) => State::Running,
            (None, false) if job.attempts > 0 => State::Failing,
            (None, false) => State::Waiting,
        };
        Self {
            id: job.id,
            kind: job.kind,
            payload: job.payload,
            state,
            run_at: job.run_at,
            attempts: job.attempts,
            done_at: job.done_at,
            last_error: job.last_error,
        }
    }
}

/// Why nothing was done about a job.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// It is not there.
    #[error("there is no job `{0}`: it may be done; `skep job list` shows those there are")]
    Unknown(JobId),
    /// A node is at it.
    #[error("job `{0}` is running: wait until it has ended")]
    Running(JobId),
    /// It would be missed.
    #[error("job `{0}` is `{1}`, which every repository needs: `skep job retry` runs it at once")]
    ComesBack(JobId, String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Every job, the next one first and the dead ones last.
///
/// # Errors
/// The database failed.
pub async fn list(app: &App) -> Result<Vec<Shown>, DbError> {
    let now = app.clock.now();
    let jobs = db::jobs::list(&mut app.db.read().await?).await?;
    Ok(jobs.into_iter().map(|job| Shown::new(job, now)).collect())
}

/// Lets a job run at once, also a dead one, from its first attempt on.
///
/// # Errors
/// See [`ManageError`].
pub async fn retry(app: &App, id: JobId) -> Result<Shown, ManageError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let job = db::jobs::find(tx, id)
            .await?
            .ok_or(ManageError::Unknown(id))?;
        if !db::jobs::restart(tx, id, now).await? {
            return Err(ManageError::Running(id));
        }
        let job = Job {
            attempts: 0,
            run_at: now,
            dead_at: None,
            claim: None,
            ..job
        };
        Ok(Shown::new(job, now))
    })
}

/// Gives a job up for good.
///
/// # Errors
/// See [`ManageError`].
pub async fn discard(app: &App, id: JobId) -> Result<Shown, ManageError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let job = db::jobs::find(tx, id)
            .await?
            .ok_or(ManageError::Unknown(id))?;
        let kind = Task::named(&job.kind).map(Task::kind);
        if kind.is_some_and(|kind| kind.every_seconds.is_some()) {
            return Err(ManageError::ComesBack(id, job.kind));
        }
        if !db::jobs::delete(tx, id, now).await? {
            return Err(ManageError::Running(id));
        }
        Ok(Shown::new(job, now))
    })
}
