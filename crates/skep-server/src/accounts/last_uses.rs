//! When each API key was last used: noted in memory, written down every ten seconds, never by a request.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Timestamp;
use crate::db::{self, Db, DbError, in_tx};
use crate::ids::ApiKeyId;

const EVERY: Duration = Duration::from_secs(10);

/// What is not written down yet: at most one moment for each key there is.
#[derive(Debug, Default)]
pub struct LastUses(Mutex<HashMap<ApiKeyId, Timestamp>>);

impl LastUses {
    /// Notes that a key is used now.
    pub fn note(&self, key: ApiKeyId, now: Timestamp) {
        let mut uses = self
            .0
            .lock()
            .expect("nothing panics while it holds this lock");
        let last = uses.entry(key).or_insert(now);
        *last = now.max(*last);
    }

    /// Writes everything down. What does not arrive is kept for the next time.
    pub async fn flush(&self, db: &Db) -> Result<(), DbError> {
        let uses = {
            let mut uses = self
                .0
                .lock()
                .expect("nothing panics while it holds this lock");
            std::mem::take(&mut *uses)
        };
        if uses.is_empty() {
            return Ok(());
        }
        // Every node in the same order: two of them never wait for each other.
        let mut sorted: Vec<_> = uses.into_iter().collect();
        sorted.sort_unstable();
        let written = in_tx!(db, |tx| {
            for (key, at) in &sorted {
                db::api_keys::update_last_used_at(tx, *key, *at).await?;
            }
            Ok::<_, DbError>(())
        });
        if written.is_err() {
            sorted.into_iter().for_each(|(key, at)| self.note(key, at));
        }
        written
    }

    /// Writes down what is new until it is stopped, and once more then.
    pub(crate) async fn run(&self, db: &Db, stop: CancellationToken) {
        loop {
            let is_last = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            if let Err(error) = self.flush(db).await {
                tracing::debug!(%error, "the last uses of API keys could not be written down");
            }
            if is_last {
                return;
            }
        }
    }
}
