//! Customers who fetch all the time, and what they got.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::{MIX, Sold, TestApp};

const PATHS: [&str; 2] = ["/repo/packages/alpha", "/repo/tarballs/alpha-1.0.0.tar"];

/// It goes on until it is ended.
pub(super) struct Load {
    stop: CancellationToken,
    customers: JoinSet<Seen>,
}

/// Answers, by status, and how long the slow ones took.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) answers: BTreeMap<u16, u64>,
    pub(super) times: Vec<Duration>,
}

impl Seen {
    /// How many requests were answered.
    pub(super) fn count(&self) -> u64 {
        self.answers.values().sum()
    }

    /// What `percent` of the answers took at most.
    pub(super) fn within(&mut self, percent: usize) -> Duration {
        self.times.sort_unstable();
        self.times[(self.times.len() - 1) * percent / 100]
    }
}

impl Load {
    /// One customer for each license, fetching package `alpha` and its release 1.0.0.
    pub(super) fn of(app: &TestApp, customers: &[Sold]) -> Self {
        let stop = CancellationToken::new();
        let fetch = |sold: &Sold| fetch_on(app.url.clone(), sold.key.clone(), stop.clone());
        let customers = customers.iter().map(fetch).collect();
        Self { stop, customers }
    }

    /// Ends it, without breaking off a request.
    pub(super) async fn end(self) -> Seen {
        self.stop.cancel();
        let mut all = Seen::default();
        for seen in self.customers.join_all().await {
            for (status, count) in seen.answers {
                *all.answers.entry(status).or_default() += count;
            }
            all.times.extend(seen.times);
        }
        all
    }
}

async fn fetch_on(url: String, key: String, stop: CancellationToken) -> Seen {
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.expect("a client");
    let mut seen = Seen::default();
    for path in PATHS.iter().cycle() {
        if stop.is_cancelled() {
            break;
        }
        let begun = Instant::now();
        let request = client.get(format!("{url}{path}"));
        let request = request.header("authorization", &key);
        let answer = request.header("user-agent", MIX).send().await;
        let answer = answer.expect("the node answers");
        let status = answer.status().as_u16();
        answer.bytes().await.expect("a whole answer");
        seen.times.push(begun.elapsed());
        *seen.answers.entry(status).or_default() += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen
}
