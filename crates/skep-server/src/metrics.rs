//! What a node says of itself to Prometheus. Requests are counted where they are answered ([`requests`]);
//! everything else is looked up when somebody asks ([`sample`]), so that nothing shown is stale.

mod exposition;
mod process;
pub mod requests;
mod sample;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::exposition::CONTENT_TYPE;
pub use self::requests::{Kind, Requests};
use crate::clock::Timestamp;
use crate::node::Node;

/// What a node counts.
#[derive(Debug)]
pub struct Metrics {
    /// Answers.
    pub requests: Requests,
    /// Connections that clients made.
    pub connections: Count,
    /// Connections that ended before TLS was agreed on.
    pub failed_handshakes: Count,
    /// Bugs met by requests.
    pub panics: Count,
    started_at: Timestamp,
}

impl Metrics {
    /// Nothing counted, by a process that started now.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            requests: Requests::default(),
            connections: Count::default(),
            failed_handshakes: Count::default(),
            panics: Count::default(),
            started_at: now,
        }
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often a cache had what was wanted.
#[derive(Debug, Default)]
pub struct CacheUse {
    hits: Count,
    misses: Count,
}

impl CacheUse {
    /// It had it.
    pub fn hit(&self) {
        self.hits.add_one();
    }

    /// It had to be made.
    pub fn miss(&self) {
        self.misses.add_one();
    }

    /// How often it had it, and how often not.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.hits.get(), self.misses.get())
    }
}

/// Everything about a node now, as text for Prometheus.
pub async fn text(node: &Arc<Node>) -> String {
    exposition::encode(node, sample::Sample::take(node).await)
}
