//! Counting requests in memory. Recording takes a lock for some nanoseconds and never waits for
//! anything; what it counts is bounded, by counting coarser, never by dropping.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;

use tokio::sync::Notify;

use super::{Client, Counted, Request, WINDOW_SECONDS};
use crate::clock::Timestamp;

const SHARDS: usize = 16;
/// Rows of a shard at which the counts should be taken, before anything becomes coarser.
const FULL_ROWS: usize = 1024;
const MAX_TEXT: usize = 64;

/// The counts since they were last taken.
#[derive(Debug, Default)]
pub struct Recorder {
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
    is_full: Notify,
}

/// Rows by their hash: a row that is there already is found without building one.
type Shard = HashMap<u64, Counted>;

/// How much of a request is told apart. Each level down has fewer rows than the one above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Everything,
    /// No versions of the client; of refused requests no release.
    Release,
    /// Key, kind of file and answer only.
    Key,
    /// Kind of file and answer only: these are so few that they need no limit.
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

    fn keep<'a>(self, request: &Request<'a>) -> Request<'a> {
        let mut kept = *request;
        if self == Self::Everything {
            return kept;
        }
        kept.client = Client {
            name: request.client.name,
            ..Client::default()
        };
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
        self.add(&shorten(request), Timestamp::from_seconds(window), 1);
    }

    fn add(&self, request: &Request<'_>, at: Timestamp, requests: u64) {
        let mut hash = self.hasher.hash_one((request, at));
        let shard = usize::try_from(hash % SHARDS as u64).expect("a remainder of 16 fits");
        let mut rows = self.shards[shard]
            .lock()
            .expect("nothing panics while it holds this lock");
        let detail = Detail::of(rows.len());
        let request = detail.keep(request);
        if detail != Detail::Everything {
            hash = self.hasher.hash_one((&request, at));
        }
        while let Some(row) = rows.get_mut(&hash) {
            if row.at == at && row.request() == request {
                row.requests += requests;
                return;
            }
            // Two different rows with one hash: the other one is next door.
            hash = hash.wrapping_add(1);
        }
        rows.insert(hash, Counted::new(&request, at, requests));
        if rows.len() == FULL_ROWS {
            self.is_full.notify_one();
        }
    }

    /// Takes all counts; they begin again at nothing.
    #[must_use]
    pub fn take(&self) -> Vec<Counted> {
        let mut taken = Vec::new();
        for shard in &self.shards {
            let rows = std::mem::take(
                &mut *shard
                    .lock()
                    .expect("nothing panics while it holds this lock"),
            );
            taken.extend(rows.into_values());
        }
        taken
    }

    /// Puts counts back that could not be written.
    pub fn put_back(&self, rows: &[Counted]) {
        for row in rows {
            self.add(&row.request(), row.at, row.requests);
        }
    }

    /// Waits until the counts ought to be taken early.
    pub async fn full(&self) {
        self.is_full.notified().await;
    }
}

/// What clients say of themselves is as long as they like.
fn shorten<'a>(request: &Request<'a>) -> Request<'a> {
    let client = &request.client;
    Request {
        client: Client {
            name: cut(client.name),
            version: client.version.map(cut),
            elixir: client.elixir.map(cut),
            otp: client.otp.map(cut),
            is_ci: client.is_ci,
        },
        repository: cut(request.repository),
        package: request.package.map(|text| cut_at(text, 2 * MAX_TEXT)),
        version: request.version.map(|text| cut_at(text, 2 * MAX_TEXT)),
        ..*request
    }
}

fn cut(text: &str) -> &str {
    cut_at(text, MAX_TEXT)
}

fn cut_at(text: &str, length: usize) -> &str {
    &text[..text.floor_char_boundary(length)]
}

#[cfg(test)]
mod tests;
