//! A serving [`App`]: with everything it holds in memory and does in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use skep_formats::name::RepositoryName;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::last_uses::LastUses;
use crate::app::App;
use crate::catalog::views::Views;
use crate::db::DbError;
use crate::delivery::{Delivery, DeliveryError};
use crate::files::{FilesError, Found};
use crate::jobs;
use crate::licensing::limits::Limits;
use crate::licensing::messages::Messages;
use crate::metrics::Metrics;
use crate::oauth::tokens::VerifiedTokens;
use crate::prebuilt::PrebuiltError;
use crate::snapshot::{Health, SnapshotHandle};
use crate::tls::{self, TlsError};
use crate::usage::collector::Collector;

/// How long background work may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// One node: any number of them can serve the same database.
#[derive(Debug)]
pub struct Node {
    /// What it shares with commands.
    pub app: Arc<App>,
    /// Who may have what, and which releases there are.
    pub snapshot: Arc<SnapshotHandle>,
    /// Signed registry resources.
    pub views: Views,
    /// Where files are to be had.
    pub delivery: Delivery,
    /// Who fetched what.
    pub usage: Arc<Collector>,
    /// What is too much.
    pub limits: Limits,
    /// Who has been told something lately.
    pub messages: Messages,
    /// When API keys were used.
    pub last_uses: Arc<LastUses>,
    /// Access tokens whose signatures were verified.
    pub tokens: VerifiedTokens,
    /// What is counted for whoever operates it.
    pub metrics: Metrics,
    /// The certificate, where it has one.
    pub tls: Option<Arc<tls::Current>>,
    is_draining: AtomicBool,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The file storage cannot be used.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Files cannot be delivered as configured.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Starting needs the registry of a prebuilt repository, all of it.
    #[error("the static registry of repository `{repository}` cannot be served")]
    Prebuilt {
        /// Which repository.
        repository: RepositoryName,
        /// What is wrong with it.
        source: Arc<PrebuiltError>,
    },
    /// The spool's directory cannot be used.
    #[error(
        "the spool of usage `{path}` cannot be used: it has to be a directory that this process may write to"
    )]
    Spool {
        /// `[usage] spool_dir`
        path: String,
        /// What happened.
        source: std::io::Error,
    },
    /// A newer version has changed what is to be loaded.
    #[error(
        "the database has schema {0}, which this version of Skep cannot even read: install the newer one"
    )]
    NewerSchema(i64, #[source] DbError),
    /// Starting needs the database.
    #[error("licenses and releases cannot be loaded from the database")]
    Load(#[source] DbError),
}

/// Whether requests should be sent to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Yes: it serves everything it knows, though its database is away.
    DatabaseAway,
    /// Yes: it serves everything, but writes nothing, for a newer version has migrated the database.
    NewerSchema,
    /// Yes: what its prebuilt repositories were when they were last good.
    PrebuiltBehind,
    /// No more: it is finishing.
    Draining,
}

impl Node {
    /// Loads the snapshot and begins to follow the feed, to collect usage and to do jobs.
    ///
    /// # Errors
    /// Something it needs is missing or wrong.
    pub async fn start(app: App) -> Result<Arc<Self>, NodeError> {
        let config = &app.config;
        let open = |files| tls::Current::open(files, &config.server.url, app.clock.clone());
        let tls = config.server.tls.as_ref().map(open).transpose()?;
        if app.files.check().await? == Found::Busy {
            tracing::warn!(
                place = app.files.place(),
                "the file storage is busy just now"
            );
        }
        let delivery = Delivery::open(config, app.local_url_key(), &app.files)?;
        for prebuilt in app.all_prebuilt() {
            prebuilt
                .start()
                .await
                .map_err(|source| NodeError::Prebuilt {
                    repository: prebuilt.source().name.clone(),
                    source,
                })?;
        }
        let spool = |source| NodeError::Spool {
            path: config.usage.spool_dir.display().to_string(),
            source,
        };
        let usage =
            Collector::open(&config.usage, app.db.clone(), app.clock.clone()).map_err(spool)?;
        let usage = Arc::new(usage);
        let snapshot = SnapshotHandle::start(app.db.clone(), Arc::clone(&usage))
            .await
            .map_err(|error| match app.db.newer_schema() {
                Some(found) => NodeError::NewerSchema(found, error),
                None => NodeError::Load(error),
            })?;
        let node = Arc::new(Self {
            snapshot: Arc::new(snapshot),
            views: Views::default(),
            delivery,
            usage,
            limits: Limits::new(&config.limits),
            messages: Messages::default(),
            last_uses: Arc::default(),
            tokens: VerifiedTokens::default(),
            metrics: Metrics::new(app.clock.now()),
            tls: tls.map(Arc::new),
            is_draining: AtomicBool::new(false),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            app: Arc::new(app),
        });
        node.spawn_background();
        Ok(node)
    }

    fn spawn_background(&self) {
        let (snapshot, stop) = (Arc::clone(&self.snapshot), self.stop.clone());
        self.tasks
            .spawn(async move { stop.run_until_cancelled(snapshot.follow()).await });
        self.tasks
            .spawn(Arc::clone(&self.usage).run(self.stop.clone()));
        for prebuilt in self.app.all_prebuilt() {
            let (prebuilt, stop) = (Arc::clone(prebuilt), self.stop.clone());
            self.tasks
                .spawn(async move { stop.run_until_cancelled(prebuilt.follow()).await });
        }
        let (db, uses, stop) = (
            self.app.db.clone(),
            Arc::clone(&self.last_uses),
            self.stop.clone(),
        );
        self.tasks.spawn(async move { uses.run(&db, stop).await });
        self.tasks
            .spawn(jobs::run(Arc::clone(&self.app), self.stop.clone()));
        if let Some(tls) = self.tls.clone() {
            let stop = self.stop.clone();
            self.tasks
                .spawn(async move { stop.run_until_cancelled(tls.follow()).await });
        }
        self.tasks.close();
    }

    /// Whether requests should be sent here.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        if self.is_draining.load(Ordering::Relaxed) {
            return Readiness::Draining;
        }
        match self.snapshot.health() {
            Health::Following if self.app.db.newer_schema().is_some() => Readiness::NewerSchema,
            Health::Following if self.is_behind() => Readiness::PrebuiltBehind,
            Health::Following => Readiness::Ready,
            Health::DatabaseAway => Readiness::DatabaseAway,
        }
    }

    /// Whether a prebuilt repository's place has something that cannot be served.
    fn is_behind(&self) -> bool {
        self.app
            .all_prebuilt()
            .any(|prebuilt| prebuilt.fault().is_some())
    }

    /// Asks load balancers for no further requests.
    pub fn begin_drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// The same; and what is counted so far goes to the spool: from there it survives whatever happens
    /// next.
    pub async fn drain(&self) {
        self.begin_drain();
        self.usage.write_to_spool().await;
    }

    /// Ends background work and brings usage to the database, or leaves it in the spool for the next
    /// start when the database does not answer in time.
    pub async fn stop(&self) {
        self.drain().await;
        if tokio::time::timeout(STOP_WITHIN, self.usage.flush())
            .await
            .is_err()
        {
            tracing::warn!(
                "the database did not take the last usage in time: it stays in its spool"
            );
        }
        let rows = self.usage.rows_in_memory();
        if rows > 0 {
            tracing::error!(
                rows,
                "usage is lost with this process: there was no room in `spool_dir` of [usage]"
            );
        }
        self.stop.cancel();
        if tokio::time::timeout(STOP_WITHIN, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("background work did not end in time");
        }
    }
}
