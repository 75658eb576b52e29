//! What a node waits on between two looks at the feed.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, PgPool, SqlitePool};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::db::{Db, Pools};

/// SQLite cannot wake another process: it is asked this often.
const SQLITE_POLL: Duration = Duration::from_millis(150);
/// At the latest after this, a wait ends whether or not something happened.
const LONGEST: Duration = Duration::from_secs(1);

/// Waits for changes of the database, by this process or another one.
#[derive(Debug)]
pub struct Waker {
    committed: watch::Receiver<i64>,
    /// Kept so that the receiver never finds its sender gone.
    _sender: Arc<watch::Sender<i64>>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// A connection of its own: `data_version` tells what other connections did.
    Sqlite {
        pool: SqlitePool,
        connection: Option<SqliteConnection>,
        version: i64,
    },
    Postgres {
        pool: PgPool,
        listener: Option<PgListener>,
    },
}

impl Db {
    /// A new waker. What happens from now on wakes it.
    #[must_use]
    pub fn waker(&self) -> Waker {
        let source = match &self.pools {
            Pools::Sqlite { readers, .. } => Source::Sqlite {
                pool: readers.clone(),
                connection: None,
                version: -1,
            },
            Pools::Postgres { pool, .. } => Source::Postgres {
                pool: pool.clone(),
                listener: None,
            },
        };
        Waker {
            committed: self.committed.subscribe(),
            _sender: Arc::clone(&self.committed),
            source,
        }
    }
}

impl Waker {
    /// Waits until the feed may have something new, a second at most. It never fails: whoever reads
    /// the feed then learns that the database is away. May be dropped while it waits.
    pub async fn wait(&mut self) {
        let other = async {
            match &mut self.source {
                Source::Sqlite {
                    pool,
                    connection,
                    version,
                } => poll(pool, connection, version).await,
                Source::Postgres { pool, listener } => listen(pool, listener).await,
            }
        };
        tokio::select! {
            _ = self.committed.changed() => {}
            () = other => {}
            () = sleep(LONGEST) => {}
        }
    }
}

/// Returns when another connection has committed something.
async fn poll(pool: &SqlitePool, connection: &mut Option<SqliteConnection>, version: &mut i64) {
    loop {
        if connection.is_none() {
            *connection = SqliteConnection::connect_with(&pool.connect_options())
                .await
                .ok();
        }
        if let Some(open) = connection {
            let asked = sqlx::query_scalar("PRAGMA data_version")
                .fetch_one(open)
                .await;
            match asked {
                Ok(now) if now == *version => {}
                Ok(now) => {
                    *version = now;
                    return;
                }
                Err(_) => *connection = None,
            }
        }
        sleep(SQLITE_POLL).await;
    }
}

/// Returns when a notification came, or when some may have been lost.
async fn listen(pool: &PgPool, listener: &mut Option<PgListener>) {
    loop {
        if listener.is_none() {
            *listener = connected(pool).await;
        }
        match listener {
            Some(open) => {
                if !matches!(open.try_recv().await, Ok(Some(_))) {
                    *listener = None;
                }
                return;
            }
            None => sleep(LONGEST).await,
        }
    }
}

async fn connected(pool: &PgPool) -> Option<PgListener> {
    let mut listener = PgListener::connect_with(pool).await.ok()?;
    listener.listen("skep_feed").await.ok()?;
    Some(listener)
}
