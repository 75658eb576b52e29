//! The current snapshot, and how it follows the feed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Mutex, watch};

use super::Snapshot;
use super::apply::Changes;
use crate::db::snapshot::Reload;
use crate::db::{self, Db, DbError};
use crate::ids::LicenseId;
use crate::usage::collector::Collector;

/// Between two looks for keys that nobody knows. They cost the database at most this often.
const LOOK_PAUSE: Duration = Duration::from_millis(25);

/// The snapshot does not wait longer than this for usage to reach the database.
const USAGE_WITHIN: Duration = Duration::from_secs(2);

/// Holds the current snapshot and replaces it when the feed moves on. When the database is away, the
/// last one stays: whoever had a license still has it.
#[derive(Debug)]
pub struct SnapshotHandle {
    db: Db,
    usage: Arc<Collector>,
    current: ArcSwap<Snapshot>,
    /// The last read of the feed that ended, and how. Locked while one is under way.
    last_read: Mutex<Read>,
    reads_begun: AtomicU64,
    reads_ended: AtomicU64,
    looks: Arc<Mutex<()>>,
    is_away: AtomicBool,
    revision: watch::Sender<i64>,
}

#[derive(Debug)]
struct Read {
    number: u64,
    result: Result<(), DbError>,
}

/// Whether the snapshot follows its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Following,
    /// The database is away; what was known is served.
    DatabaseAway,
}

impl SnapshotHandle {
    /// Loads everything. Before anything that may take releases from a license, it brings `usage` to
    /// the database, so that downloads of the last moments are kept for whoever has them.
    ///
    /// # Errors
    /// Starting needs the database.
    pub async fn start(db: Db, usage: Arc<Collector>) -> Result<Self, DbError> {
        bring_in(&usage).await;
        let snapshot = Snapshot::from(db::snapshot::load(&db).await?);
        tracing::info!(
            revision = snapshot.revision(),
            keys = snapshot.count_keys(),
            releases = snapshot.count_releases(),
            "snapshot loaded"
        );
        Ok(Self {
            db,
            usage,
            revision: watch::Sender::new(snapshot.revision()),
            current: ArcSwap::from_pointee(snapshot),
            last_read: Mutex::new(Read {
                number: 0,
                result: Ok(()),
            }),
            reads_begun: AtomicU64::new(0),
            reads_ended: AtomicU64::new(0),
            looks: Arc::default(),
            is_away: AtomicBool::new(false),
        })
    }

    /// The current snapshot, for a moment: do not keep the guard.
    #[must_use]
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// The current snapshot, to keep.
    #[must_use]
    pub fn load_full(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Whether it follows its database.
    #[must_use]
    pub fn health(&self) -> Health {
        if self.is_away.load(Ordering::Relaxed) {
            Health::DatabaseAway
        } else {
            Health::Following
        }
    }

    /// Follows the feed for ever. Dropping the future ends it.
    pub async fn follow(&self) {
        let mut waker = self.db.waker();
        loop {
            // The outcome is in `health` and in the log.
            let _ = self.refresh().await;
            waker.wait().await;
        }
    }

    /// Reads the feed and applies it: afterwards the snapshot has all that was committed before the
    /// call. However many call at once, they share one read.
    ///
    /// # Errors
    /// The database is away; the snapshot stays as it is.
    pub async fn refresh(&self) -> Result<(), DbError> {
        // A read that has begun may have missed what our caller knows of: only the next one counts.
        let wanted = self.reads_begun.load(Ordering::SeqCst) + 1;
        let mut last = self.last_read.lock().await;
        if last.number < wanted {
            let number = self.reads_begun.fetch_add(1, Ordering::SeqCst) + 1;
            let result = self.read_feed().await;
            self.note(&result);
            *last = Read { number, result };
            self.reads_ended.store(number, Ordering::SeqCst);
        }
        last.result.clone()
    }

    /// [`refresh`](Self::refresh) for whoever has an unknown key: right away for the first, with a pause
    /// between reads when many come.
    ///
    /// # Errors
    /// The database is away.
    pub async fn look_again(&self) -> Result<(), DbError> {
        let wanted = self.reads_begun.load(Ordering::SeqCst) + 1;
        let turn = Arc::clone(&self.looks).lock_owned().await;
        if self.reads_ended.load(Ordering::SeqCst) >= wanted {
            return Ok(());
        }
        let result = self.refresh().await;
        tokio::spawn(async move {
            tokio::time::sleep(LOOK_PAUSE).await;
            drop(turn);
        });
        result
    }

    /// Waits until the snapshot has a revision: what a write through this node does before it answers.
    pub async fn wait_for(&self, revision: i64) {
        let mut current = self.revision.subscribe();
        // The sender lives in `self`.
        let _ = current.wait_for(|current| *current >= revision).await;
    }

    async fn read_feed(&self) -> Result<(), DbError> {
        let Some(found) = self.reload().await? else {
            return Ok(());
        };
        if !may_narrow(&self.current.load(), &found) {
            return self.apply(found).await;
        }
        // First what was counted under the old snapshot; then, with what it led to, the new one; then
        // what was counted between the two.
        for _ in 0..2 {
            bring_in(&self.usage).await;
            if let Some(found) = self.reload().await? {
                self.apply(found).await?;
            }
        }
        Ok(())
    }

    /// What changed since the current snapshot; `None` = nothing.
    async fn reload(&self) -> Result<Option<Reload>, DbError> {
        let current = self.current.load_full();
        let reload = db::snapshot::reload(&self.db, current.revision(), current.epoch()).await?;
        let is_same =
            matches!(&reload, Reload::Changes { revision, .. } if *revision == current.revision());
        Ok((!is_same).then_some(reload))
    }

    async fn apply(&self, reload: Reload) -> Result<(), DbError> {
        let next = match reload {
            Reload::Changes {
                revision,
                keys,
                licenses,
                products,
                packages,
            } => self.current.load_full().with(Changes {
                revision,
                keys,
                licenses,
                products,
                packages,
            }),
            Reload::Full => {
                tracing::info!("the feed has a gap or another epoch: loading everything");
                Snapshot::from(db::snapshot::load(&self.db).await?)
            }
        };
        let revision = next.revision();
        self.current.store(Arc::new(next));
        self.revision.send_replace(revision);
        Ok(())
    }

    fn note(&self, result: &Result<(), DbError>) {
        let was_away = self.is_away.swap(result.is_err(), Ordering::Relaxed);
        match result {
            Err(error) if !was_away => {
                tracing::warn!(%error, "the database is away: serving what is known")
            }
            Ok(()) if was_away => tracing::info!("the database is back"),
            Ok(()) | Err(_) => {}
        }
    }
}

/// Brings usage to the database, if it answers in time. What does not arrive now does so later.
async fn bring_in(usage: &Collector) {
    if tokio::time::timeout(USAGE_WITHIN, usage.flush())
        .await
        .is_err()
    {
        tracing::warn!(
            "usage does not reach the database in time: the snapshot goes on without it"
        );
    }
}

/// Whether somebody known may see less afterwards. New licenses and releases take nothing away.
fn may_narrow(current: &Snapshot, reload: &Reload) -> bool {
    match reload {
        Reload::Full => true,
        Reload::Changes {
            licenses, products, ..
        } => {
            let knows_license = |(id, _): &(LicenseId, _)| current.knows_license(*id);
            licenses.iter().any(knows_license)
                || products
                    .iter()
                    .any(|(id, _)| current.products().contains_key(id))
        }
    }
}
