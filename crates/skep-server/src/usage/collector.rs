//! The way of a count: memory, spool, database.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::recorder::Recorder;
use super::spool::{BatchId, Spool};
use super::{Request, store};
use crate::clock::{Clock, Timestamp};
use crate::db::{Db, DbError};

const FLUSH_EVERY: Duration = Duration::from_secs(5);

/// Counts requests and brings the counts to the database.
#[derive(Debug)]
pub struct Collector {
    recorder: Arc<Recorder>,
    spool: Arc<Spool>,
    db: Db,
    clock: Clock,
    /// One delivery at a time.
    delivery: tokio::sync::Mutex<()>,
    /// An outage is logged when it begins and when it ends.
    is_stuck: AtomicBool,
}

/// Why a batch stays in the spool.
#[derive(Debug, thiserror::Error)]
enum DeliverError {
    #[error("a file of the usage spool cannot be read or removed")]
    Spool(#[from] io::Error),
    #[error("usage cannot be written to the database")]
    Db(#[from] DbError),
}

impl Collector {
    /// A collector with its spool in `spool_dir`; what dead processes left there is delivered with
    /// the first flush.
    ///
    /// # Errors
    /// The spool cannot be used.
    pub fn open(spool_dir: &Path, db: Db, clock: Clock) -> io::Result<Self> {
        Ok(Self {
            recorder: Arc::default(),
            spool: Arc::new(Spool::open(spool_dir, &clock)?),
            db,
            clock,
            delivery: tokio::sync::Mutex::default(),
            is_stuck: AtomicBool::new(false),
        })
    }

    /// Counts a request. Never waits, never fails.
    pub fn record(&self, request: &Request<'_>, now: Timestamp) {
        self.recorder.record(request, now);
    }

    /// Flushes every few seconds until it is stopped; earlier when memory fills up.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            self.flush().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(FLUSH_EVERY) => {}
                () = self.recorder.full() => {}
            }
        }
    }

    /// Brings everything counted so far to the spool, and from there to the database if it answers.
    /// What fails is logged and kept for the next time.
    pub async fn flush(&self) {
        self.write_to_spool().await;
        self.deliver().await;
    }

    /// Brings everything counted so far to the spool: from there it survives this process.
    pub async fn write_to_spool(&self) {
        let (recorder, spool) = (Arc::clone(&self.recorder), Arc::clone(&self.spool));
        let write = move || {
            let rows = recorder.take();
            let written = if rows.is_empty() {
                Ok(())
            } else {
                spool.write(&rows).map(|_| ())
            };
            written.inspect_err(|_| recorder.put_back(&rows))
        };
        // The counts are taken on the other thread: if this future is dropped, they still arrive.
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "usage cannot be written to its spool and stays in memory")
            }
            Err(_) => tracing::error!("writing usage to its spool was interrupted"),
        }
    }

    async fn deliver(&self) {
        let _one_at_a_time = self.delivery.lock().await;
        match self.deliver_all().await {
            Ok(()) => {
                if self.is_stuck.swap(false, Ordering::Relaxed) {
                    tracing::info!("usage reaches the database again");
                }
            }
            Err(error) => {
                if !self.is_stuck.swap(true, Ordering::Relaxed) {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(%error, cause, "usage stays in its spool until this works again");
                }
            }
        }
    }

    /// One batch that cannot be delivered does not hold up the others, unless the database is away.
    async fn deliver_all(&self) -> Result<(), DeliverError> {
        let mut result = Ok(());
        for id in self.blocking(|spool| spool.batches()).await? {
            match self.deliver_one(&id).await {
                Ok(()) => {}
                Err(DeliverError::Db(error)) if error.is_outage() => return Err(error.into()),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    async fn deliver_one(&self, id: &BatchId) -> Result<(), DeliverError> {
        let name = id.clone();
        let Some(batch) = self.blocking(move |spool| spool.read(&name)).await? else {
            return Ok(());
        };
        if batch.bad_lines > 0 {
            tracing::warn!(
                batch = id.as_str(),
                lines = batch.bad_lines,
                "damaged lines of usage are left out"
            );
        }
        store::insert(&self.db, &self.clock, id, &batch.rows).await?;
        let name = id.clone();
        self.blocking(move |spool| spool.remove(&name)).await?;
        Ok(())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Spool) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let spool = Arc::clone(&self.spool);
        tokio::task::spawn_blocking(move || work(&spool))
            .await
            .map_err(io::Error::other)?
    }
}
