//! What is done once, by whichever node comes first: work that comes back (pruning) and work that a
//! transaction leaves for later. A job is a row. A node claims it for a while and keeps its claim while it
//! works, so what a killed node had begun is done by another one. A job reads again what it works on and
//! can be repeated at any moment.

pub mod desk;
mod error;
pub mod manage;
pub mod prune_accounts;
pub mod prune_oauth;
pub mod prune_usage;
pub mod retry;
pub mod task;
pub mod worker;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::desk::{Desk, Pace};
pub use self::error::JobError;
use self::task::Task;
use self::worker::Worker;
use crate::app::App;
use crate::db::{self, DbError, in_tx};

/// When what comes back could not be entered, because the database is away.
const ENTER_AGAIN: Duration = Duration::from_secs(5);

/// Does this node's part of all jobs until it is stopped; what runs then is given back.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    let entered = async {
        while let Err(error) = enter_periodic(&app).await {
            tracing::debug!(%error, "periodic jobs could not be entered");
            tokio::time::sleep(ENTER_AGAIN).await;
        }
    };
    if stop.run_until_cancelled(entered).await.is_none() {
        return;
    }
    let desk = Desk::new(app.db.clone(), app.clock.clone(), Pace::default());
    let worker = Worker::new(desk, Task::kinds(), move |job| {
        let app = Arc::clone(&app);
        async move { task::perform(&app, &job).await }
    });
    Arc::new(worker).run(stop).await;
}

/// Enters the work that comes back, where it is not there yet.
async fn enter_periodic(app: &App) -> Result<(), DbError> {
    let periodic = Task::ALL
        .into_iter()
        .filter(|task| task.kind().every_seconds.is_some());
    let jobs: Vec<_> = periodic.map(|task| task.periodic(&app.clock)).collect();
    in_tx!(app.db, |tx| {
        for job in &jobs {
            db::jobs::enqueue(tx, job).await?;
        }
        Ok(())
    })
}
