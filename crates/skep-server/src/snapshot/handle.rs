//! The current snapshot, and how it follows the feed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Mutex, Notify, watch};

use super::apply::Changes;
use super::{Snapshot, load};
use crate::clock::Stopwatch;
use crate::db::snapshot::Reload;
use crate::db::{self, Db, DbError};
use crate::metrics::Count;
use crate::usage::collector::Collector;

/// Between two looks for keys that nobody knows. They cost the database at most this often.
const LOOK_PAUSE: Duration = Duration::from_millis(25);

/// What takes releases from somebody does not wait longer than this for usage to reach the database.
const USAGE_WITHIN: Duration = Duration::from_secs(2);

/// What changed since the last look has to be read by then; everything else may take its time.
const FEED_WITHIN: Duration = Duration::from_secs(30);

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
    outages: Count,
    stopwatch: Stopwatch,
    /// When the last read that succeeded ended, in milliseconds of the stopwatch.
    followed_at: AtomicU64,
    revision: watch::Sender<i64>,
    /// One at a time, for it waits for usage.
    narrowing: Mutex<()>,
    /// Something is held back.
    held_back: Notify,
}

/// What to do with a change that takes releases from somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Less {
    /// Everything else that changed applies now.
    HoldBack,
    Apply,
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
        let snapshot = load::load(&db).await?;
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
            outages: Count::default(),
            stopwatch: Stopwatch::start(),
            followed_at: AtomicU64::new(0),
            narrowing: Mutex::default(),
            held_back: Notify::new(),
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

    /// How often the database went away.
    #[must_use]
    pub fn outages(&self) -> u64 {
        self.outages.get()
    }

    /// The time since the last look at the feed that succeeded.
    #[must_use]
    pub fn age(&self) -> Duration {
        let followed_at = Duration::from_millis(self.followed_at.load(Ordering::Relaxed));
        self.stopwatch.elapsed().saturating_sub(followed_at)
    }

    /// Follows the feed for ever. Dropping the future ends it.
    pub async fn follow(&self) {
        // What takes releases from somebody waits for their usage, and nothing else waits for that.
        tokio::join!(self.keep_reading(), self.keep_narrowing());
    }

    async fn keep_reading(&self) {
        let mut waker = self.db.waker();
        loop {
            // The outcome is in `health` and in the log.
            let _ = self.read().await;
            waker.wait().await;
        }
    }

    async fn keep_narrowing(&self) {
        loop {
            self.held_back.notified().await;
            let _ = self.narrow().await;
        }
    }

    /// Reads the feed and applies it: afterwards the snapshot has all that was committed before the
    /// call. However many call at once, they share one read.
    ///
    /// # Errors
    /// The database is away; the snapshot stays as it is.
    pub async fn refresh(&self) -> Result<(), DbError> {
        self.read().await?;
        self.narrow().await
    }

    /// [`refresh`](Self::refresh) for whoever has an unknown key: right away for the first, with a pause
    /// between reads when many come. It does not wait for what takes releases from somebody.
    ///
    /// # Errors
    /// The database is away.
    pub async fn look_again(&self) -> Result<(), DbError> {
        let wanted = self.reads_begun.load(Ordering::SeqCst) + 1;
        let turn = Arc::clone(&self.looks).lock_owned().await;
        if self.reads_ended.load(Ordering::SeqCst) >= wanted {
            return Ok(());
        }
        let result = self.read().await;
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

    /// Everything committed before the call is known afterwards, but for what is held back.
    async fn read(&self) -> Result<(), DbError> {
        // A read that has begun may have missed what our caller knows of: only the next one counts.
        let wanted = self.reads_begun.load(Ordering::SeqCst) + 1;
        let mut last = self.last_read.lock().await;
        if last.number < wanted {
            *last = self.read_once(Less::HoldBack).await;
        }
        last.result.clone()
    }

    /// Applies what is held back, once usage has reached the database or had its time.
    async fn narrow(&self) -> Result<(), DbError> {
        let _one_at_a_time = self.narrowing.lock().await;
        if !self.current.load().is_held_back() {
            return Ok(());
        }
        // First what was counted under the old snapshot; then, with what it led to, the new one; then
        // what was counted between the two.
        for _ in 0..2 {
            bring_in(&self.usage).await;
            let mut last = self.last_read.lock().await;
            *last = self.read_once(Less::Apply).await;
            last.result.clone()?;
        }
        Ok(())
    }

    async fn read_once(&self, less: Less) -> Read {
        let number = self.reads_begun.fetch_add(1, Ordering::SeqCst) + 1;
        let result = self.read_feed(less).await;
        self.note(&result);
        self.reads_ended.store(number, Ordering::SeqCst);
        Read { number, result }
    }

    async fn read_feed(&self, less: Less) -> Result<(), DbError> {
        let Some(found) = self.reload().await? else {
            return Ok(());
        };
        let next = self.next(found).await?;
        let held = match less {
            Less::HoldBack => next.held_back(&self.current.load()),
            Less::Apply => None,
        };
        if held.is_some() {
            self.held_back.notify_one();
        }
        let next = held.unwrap_or(next);
        let revision = next.revision();
        self.current.store(Arc::new(next));
        self.revision.send_replace(revision);
        Ok(())
    }

    /// What changed since the current snapshot; `None` = nothing.
    async fn reload(&self) -> Result<Option<Reload>, DbError> {
        let current = self.current.load_full();
        let reload = db::snapshot::reload(&self.db, current.revision(), current.epoch());
        // A server that vanished from the network ends no connection: nobody else would notice.
        let Ok(reload) = tokio::time::timeout(FEED_WITHIN, reload).await else {
            let seconds = FEED_WITHIN.as_secs();
            return Err(DbError::Unavailable(format!(
                "no answer within {seconds} seconds"
            )));
        };
        let reload = reload?;
        let is_same =
            matches!(&reload, Reload::Changes { revision, .. } if *revision == current.revision());
        Ok((!is_same).then_some(reload))
    }

    async fn next(&self, reload: Reload) -> Result<Snapshot, DbError> {
        match reload {
            Reload::Changes {
                revision,
                keys,
                licenses,
                products,
                packages,
                users,
                api_keys,
                revocations,
            } => Ok(self.current.load_full().with(Changes {
                revision,
                keys,
                licenses,
                products,
                packages,
                users,
                api_keys,
                revocations,
            })),
            Reload::Full => {
                tracing::info!("the feed has a gap or another epoch: loading everything");
                load::load(&self.db).await
            }
        }
    }

    fn note(&self, result: &Result<(), DbError>) {
        let was_away = self.is_away.swap(result.is_err(), Ordering::Relaxed);
        if result.is_ok() {
            let now = u64::try_from(self.stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.followed_at.store(now, Ordering::Relaxed);
        }
        match result {
            Err(error) if !was_away => {
                self.outages.add_one();
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
