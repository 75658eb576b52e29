//! The way of a count: memory, spool, database.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::address::{Address, Addresses};
use super::recorder::Recorder;
use super::rows::{Format, Reader, Rows};
pub use super::spool::Waiting;
use super::spool::{BatchId, Spool};
use super::{Request, store};
use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::db::{Db, DbError};

const FLUSH_EVERY: Duration = Duration::from_secs(5);
/// Rows of one file, and so of one transaction: memory and the time others wait are bounded by it. Each
/// transaction writes every page it has touched, and with more rows it touches a page more often.
const BATCH_ROWS: usize = 8_000;
/// What is kept of the memory on the way to the spool.
const KEPT_BYTES: usize = 4 << 20;
/// After a batch it rests for so many times as long as the batch took: requests come first, and other
/// writers get their turn.
const REST: u32 = 3;
/// While very many requests come, it rests for so many times: what comes in a burst goes to disk first.
const REST_WHEN_BUSY: u32 = 30;
/// But not when so many files wait, two million rows: then the burst has become the usual.
const MANY_WAITING: usize = 250;

/// Counts requests and brings the counts to the database.
#[derive(Debug)]
pub struct Collector {
    recorder: Arc<Recorder>,
    /// Counts on their way from one to the other, one batch of them at a time.
    taken: Arc<Mutex<Rows>>,
    spool: Arc<Spool>,
    db: Db,
    clock: Clock,
    addresses: Addresses,
    /// One batch at a time.
    delivery: tokio::sync::Mutex<()>,
    /// Memory filled up before it was time to write it to the spool.
    is_busy: AtomicBool,
    /// An outage is logged when it begins and when it ends: that of the database, and that of the spool.
    is_stuck: AtomicBool,
    is_unwritten: AtomicBool,
}

/// How batches follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// Somebody waits for the last one.
    AtOnce,
    /// With a rest after each.
    Resting,
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
    /// A collector with its spool where `config` says; what dead processes left there is delivered
    /// with the first flush.
    ///
    /// # Errors
    /// The spool cannot be used.
    pub fn open(config: &config::Usage, db: Db, clock: Clock) -> io::Result<Self> {
        Ok(Self {
            recorder: Arc::default(),
            taken: Arc::default(),
            spool: Arc::new(Spool::open(&config.spool_dir, &clock)?),
            db,
            clock,
            addresses: config.addresses,
            delivery: tokio::sync::Mutex::default(),
            is_busy: AtomicBool::new(false),
            is_stuck: AtomicBool::new(false),
            is_unwritten: AtomicBool::new(false),
        })
    }

    /// Counts a request. Never waits, never fails.
    pub fn record(&self, request: &Request<'_>, now: Timestamp) {
        self.recorder.record(request, now);
    }

    /// What is recorded of where a request came from.
    #[must_use]
    pub fn address(&self, address: IpAddr) -> Option<Address> {
        self.addresses.of(address)
    }

    /// Brings counts to the spool and the spool to the database, each every few seconds, until it is
    /// stopped. Neither waits for the other.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let both = async { tokio::join!(self.keep_writing(), self.keep_delivering()) };
        stop.run_until_cancelled(both).await;
    }

    /// Earlier when memory fills up.
    async fn keep_writing(&self) {
        loop {
            self.write_to_spool().await;
            let pause = tokio::time::sleep(FLUSH_EVERY);
            if self.is_unwritten.load(Ordering::Relaxed) {
                // Memory is full of what cannot be written: asking for room at once would not help.
                pause.await;
                continue;
            }
            let is_full = tokio::select! {
                () = pause => false,
                () = self.recorder.full() => true,
            };
            self.is_busy.store(is_full, Ordering::Relaxed);
        }
    }

    async fn keep_delivering(&self) {
        loop {
            self.deliver(Pace::Resting).await;
            tokio::time::sleep(FLUSH_EVERY).await;
        }
    }

    /// How many rows are in memory only.
    #[must_use]
    pub fn rows_in_memory(&self) -> usize {
        self.recorder.rows()
    }

    /// What waits in the spool.
    ///
    /// # Errors
    /// The spool cannot be read.
    pub async fn waiting(&self) -> io::Result<Waiting> {
        let now = self.clock.now();
        self.blocking(move |spool| spool.waiting(now)).await
    }

    /// Brings everything counted so far to the spool, and from there to the database if it answers.
    /// What fails is logged and kept for the next time.
    pub async fn flush(&self) {
        self.write_to_spool().await;
        self.deliver(Pace::AtOnce).await;
    }

    /// Brings everything counted so far to the spool: from there it survives this process.
    pub async fn write_to_spool(&self) {
        let (recorder, spool) = (Arc::clone(&self.recorder), Arc::clone(&self.spool));
        let taken = Arc::clone(&self.taken);
        let write = move || {
            let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
            recorder.take(&mut taken);
            let written = write_all(&mut taken, &recorder, &spool);
            taken.clear(KEPT_BYTES);
            written
        };
        // The counts are taken on the other thread: if this future is dropped, they still arrive.
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => {
                if self.is_unwritten.swap(false, Ordering::Relaxed) {
                    tracing::info!("usage is written to its spool again");
                }
            }
            Ok(Err(error)) => {
                if !self.is_unwritten.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        %error,
                        "usage cannot be written to its spool and stays in memory, coarser the longer it lasts"
                    );
                }
            }
            Err(_) => tracing::error!("writing usage to its spool was interrupted"),
        }
    }

    async fn deliver(&self, pace: Pace) {
        match self.deliver_all(pace).await {
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
    async fn deliver_all(&self, pace: Pace) -> Result<(), DeliverError> {
        let mut result = Ok(());
        let ids = self.blocking(|spool| spool.batches()).await?;
        for (delivered, id) in ids.iter().enumerate() {
            let began_at = self.clock.now();
            match self.deliver_one(id).await {
                Ok(()) if pace == Pace::Resting => {
                    self.rest(began_at, ids.len() - delivered).await;
                }
                Ok(()) => {}
                Err(DeliverError::Db(error)) if error.is_outage() => return Err(error.into()),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    async fn rest(&self, began_at: Timestamp, waiting: usize) {
        let is_busy = self.is_busy.load(Ordering::Relaxed) && waiting < MANY_WAITING;
        let times = if is_busy { REST_WHEN_BUSY } else { REST };
        let micros = self.clock.now().micros() - began_at.micros();
        let took = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        // A clock that jumps must not put delivery to sleep.
        tokio::time::sleep((took * times).min(FLUSH_EVERY)).await;
    }

    async fn deliver_one(&self, id: &BatchId) -> Result<(), DeliverError> {
        let _one_at_a_time = self.delivery.lock().await;
        let name = id.clone();
        let Some(batch) = self.blocking(move |spool| spool.read(&name)).await? else {
            return Ok(());
        };
        if batch.damaged > 0 {
            tracing::warn!(
                batch = id.as_str(),
                rows = batch.damaged,
                "damaged rows of usage are left out"
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

/// What cannot be written goes back to the recorder; the first error tells why.
fn write_all(rows: &mut Rows, recorder: &Recorder, spool: &Spool) -> io::Result<()> {
    let mut result = Ok(());
    for batch in rows.sealed(BATCH_ROWS) {
        if result.is_ok() {
            result = spool.write_sealed(batch).map(|_| ());
        }
        if result.is_err() {
            recorder.put_back(Reader::new(batch, Format::Second).flatten());
        }
    }
    result
}

#[cfg(test)]
mod tests;
