//! `skep job …`

use skep_server::app::App;
use skep_server::jobs::manage::{self, Shown, State};

use super::Context;
use crate::cli::job::Job;
use crate::output::{minute, table};

pub(super) async fn run(context: &Context, command: Job) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            Job::List => list(context, app).await,
            Job::Retry(job) => {
                let job = manage::retry(app, job.id).await?;
                let text = || {
                    format!(
                        "Job {} ({}) runs as soon as a node takes it.",
                        job.id, job.kind
                    )
                };
                Ok(context.output.result(&job, text)?)
            }
            Job::Discard(job) => {
                let job = manage::discard(app, job.id).await?;
                let text = || format!("Job {} ({}) is given up.", job.id, job.kind);
                Ok(context.output.result(&job, text)?)
            }
        })
        .await
}

async fn list(context: &Context, app: &App) -> anyhow::Result<()> {
    let jobs = manage::list(app).await?;
    context.output.result(&jobs, || {
        let headers = [
            "kind",
            "state",
            "due",
            "last done",
            "attempts",
            "last error",
            "id",
        ];
        let rows = jobs.iter().map(row).collect();
        table(
            headers,
            rows,
            "There are no jobs: `skep serve` enters them.",
        )
    })?;
    Ok(())
}

fn row(job: &Shown) -> [String; 7] {
    let due = match job.state {
        State::Dead => "-".to_owned(),
        _ => minute(job.run_at),
    };
    [
        job.kind.clone(),
        job.state.as_str().to_owned(),
        due,
        job.done_at.map_or_else(|| "-".to_owned(), minute),
        job.attempts.to_string(),
        job.last_error.clone().unwrap_or_else(|| "-".to_owned()),
        job.id.to_string(),
    ]
}
