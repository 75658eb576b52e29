//! `job`.

use clap::{Args, Subcommand};
use skep_server::ids::JobId;

const JOB_HELP: &str = "\
A job is done once, by whichever node comes first. One that fails is tried again
with longer and longer pauses; after some hours it is given up, and then
`skep doctor` says so.";

/// `job …`
#[derive(Debug, Subcommand)]
#[command(after_help = JOB_HELP)]
pub(crate) enum Job {
    /// Every job: the next one first, dead ones last
    List,
    /// Let a job run at once, also a dead one
    Retry(JobAt),
    /// Give a job up for good
    Discard(JobAt),
}

/// One job.
#[derive(Debug, Args)]
pub(crate) struct JobAt {
    /// The job's id: job_…
    pub(crate) id: JobId,
}
