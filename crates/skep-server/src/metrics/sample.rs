//! What is looked up when somebody asks.

use std::time::Duration;

use super::process::Process;
use crate::clock::Timestamp;
use crate::db::jobs::{self, Counts};
use crate::db::{Connections, DbError};
use crate::files::ErrorCounts;
use crate::node::{Node, Readiness};
use crate::snapshot::Size;
use crate::usage::collector::Waiting;

/// Whoever asks does not wait for a database that is busy.
const JOBS_WITHIN: Duration = Duration::from_secs(1);
/// A folder on a network disk may not answer at all.
const SPOOL_WITHIN: Duration = Duration::from_secs(2);

/// A node at one moment. What could not be looked up is `None`, and then left out.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) readiness: Readiness,
    pub(super) snapshot: Size,
    /// Since the last look at the feed that succeeded.
    pub(super) snapshot_age: Duration,
    /// How often the database went away.
    pub(super) outages: u64,
    pub(super) connections: Connections,
    /// What the cache is called, how often it had what was wanted, and how often not.
    pub(super) caches: [(&'static str, (u64, u64)); 3],
    pub(super) usage_rows: usize,
    pub(super) spool: Option<Waiting>,
    pub(super) storage_errors: ErrorCounts,
    pub(super) jobs: Option<Counts>,
    pub(super) process: Option<Process>,
    /// Until when the certificate in use is good, and whether a newer one cannot be used.
    pub(super) certificate: Option<(Timestamp, bool)>,
}

impl Sample {
    pub(super) async fn take(node: &Node) -> Self {
        let spool = tokio::time::timeout(SPOOL_WITHIN, node.usage.waiting()).await;
        Self {
            readiness: node.readiness(),
            snapshot: node.snapshot.load().size(),
            snapshot_age: node.snapshot.age(),
            outages: node.snapshot.outages(),
            connections: node.app.db.connections(),
            caches: [
                ("views", node.views.cache_use().counts()),
                ("signed_urls", node.delivery.cache_use().counts()),
                ("verified_tokens", node.tokens.cache_use().counts()),
            ],
            usage_rows: node.usage.rows_in_memory(),
            spool: spool.ok().and_then(Result::ok),
            storage_errors: node.app.files.errors(),
            jobs: jobs(node).await,
            process: Process::read(),
            certificate: (node.tls.as_ref())
                .map(|tls| (tls.load().validity.not_after, tls.is_stale())),
        }
    }
}

async fn jobs(node: &Node) -> Option<Counts> {
    if node.readiness() == Readiness::DatabaseAway {
        return None;
    }
    let count = async {
        let mut conn = node.app.db.read().await?;
        jobs::counts(&mut conn, node.app.clock.now()).await
    };
    let counted: Result<Counts, DbError> = tokio::time::timeout(JOBS_WITHIN, count).await.ok()?;
    counted.ok()
}
