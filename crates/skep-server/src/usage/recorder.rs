//! Counting requests in memory. Recording takes a lock for some nanoseconds and never waits for
//! anything; what it counts is bounded, by counting coarser, never by dropping: see [`Detail`]. Rows are bytes in memory
//! that is used again and again: see [`rows`](super::rows).

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard};

use tokio::sync::Notify;

use super::rows::{Name, Rows};
use super::{Client, Counted, Request, WINDOW_SECONDS};
use crate::clock::Timestamp;

const SHARDS: usize = 16;
/// Rows of a shard at which the counts should be taken, before anything becomes coarser.
const FULL_ROWS: usize = 1024;
/// What a shard keeps when its rows are taken: those of a busy time, not those of the worst.
const KEPT_BYTES: usize = 512 * 1024;
const KEPT_ROWS: usize = 4 * FULL_ROWS;

/// The counts since they were last taken.
#[derive(Debug, Default)]
pub struct Recorder {
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
    is_full: Notify,
}

/// Rows, and where each begins, by its hash. On a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Shard {
    starts: HashMap<u64, usize, BuildHasherDefault<IsHash>>,
    rows: Rows,
}

/// A hash is a hash already.
#[derive(Debug, Default)]
struct IsHash(u64);

impl Hasher for IsHash {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Shard {
    /// Adds to the row of this name; `true` when it was not there.
    fn add(&mut self, mut hash: u64, name: &Name, requests: u64) -> bool {
        while let Some(start) = self.starts.get(&hash) {
            if self.rows.count(*start, name, requests) {
                return false;
            }
            // Two different rows with one hash: the other one is next door.
            hash = hash.wrapping_add(1);
        }
        let start = self.rows.push(name, requests);
        self.starts.insert(hash, start);
        true
    }

    fn move_to(&mut self, taken: &mut Rows) {
        taken.append(&mut self.rows);
        self.rows.clear(KEPT_BYTES);
        self.starts.clear();
        self.starts.shrink_to(KEPT_ROWS);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Everything,
    /// No versions of the client and no address; of refused requests no release.
    Release,
    /// Key, kind of file and answer only, by the hour.
    Key,
    /// Kind of file and answer only, by the day: these are so few that they need no limit.
    Nothing,
}

impl Detail {
    const fn of(rows: usize) -> Self {
        if rows < 2 * FULL_ROWS {
            Self::Everything
        } else if rows < 4 * FULL_ROWS {
            Self::Release
        } else if rows < 6 * FULL_ROWS {
            Self::Key
        } else {
            Self::Nothing
        }
    }

    /// Windows would go on filling memory while nothing can be written for hours. Downloads, which keep
    /// their release, are no more than one a day then.
    fn moment(self, at: Timestamp) -> Timestamp {
        let seconds = match self {
            Self::Everything | Self::Release => return at,
            Self::Key => 3_600,
            Self::Nothing => 86_400,
        };
        Timestamp::from_seconds(at.seconds() - at.seconds().rem_euclid(seconds))
    }

    fn keep<'a>(self, request: &Request<'a>) -> Request<'a> {
        let mut kept = *request;
        if self == Self::Everything {
            return kept;
        }
        kept.client = Client {
            name: request.client.name,
            ..Client::default()
        };
        kept.address = None;
        if request.is_download() {
            return kept;
        }
        if self != Self::Release || request.caller.is_none() || request.status >= 400 {
            (kept.package, kept.version) = (None, None);
        }
        if self == Self::Nothing {
            kept.caller = None;
            kept.client.name = "other";
            kept.repository = "";
        }
        kept
    }
}

impl Recorder {
    /// Counts one request.
    pub fn record(&self, request: &Request<'_>, now: Timestamp) {
        let window = now.seconds() - now.seconds().rem_euclid(WINDOW_SECONDS);
        self.add(request, Timestamp::from_seconds(window), 1);
    }

    fn add(&self, request: &Request<'_>, at: Timestamp, requests: u64) {
        let mut name = Name::of(request, at);
        let mut hash = self.hasher.hash_one(name.as_bytes());
        let mut shard = self.shard_of(hash);
        let detail = Detail::of(shard.starts.len());
        if detail != Detail::Everything {
            name = Name::of(&detail.keep(request), detail.moment(at));
            hash = self.hasher.hash_one(name.as_bytes());
        }
        if shard.add(hash, &name, requests) && shard.starts.len() == FULL_ROWS {
            self.is_full.notify_one();
        }
    }

    // The map uses the highest and the lowest bits of the same hash: take others.
    fn shard_of(&self, hash: u64) -> MutexGuard<'_, Shard> {
        lock(&self.shards[usize::try_from(hash >> 40).unwrap_or(0) % SHARDS])
    }

    /// Moves all counts to `taken`; they begin again at nothing.
    pub(super) fn take(&self, taken: &mut Rows) {
        for shard in &self.shards {
            lock(shard).move_to(taken);
        }
    }

    /// Puts counts back that could not be written.
    pub(super) fn put_back(&self, rows: impl Iterator<Item = Counted>) {
        for row in rows {
            self.add(&row.request(), row.at, row.requests);
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        let rows = |shard| lock(shard).starts.len();
        self.shards.iter().map(rows).sum()
    }

    /// Waits until the counts ought to be taken early.
    pub async fn full(&self) {
        self.is_full.notified().await;
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard
        .lock()
        .expect("nothing panics while it holds this lock")
}

#[cfg(test)]
mod tests;
