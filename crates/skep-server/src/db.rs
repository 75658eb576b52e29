//! The database, SQLite or PostgreSQL, and the only place for SQL: one text for both, one file for
//! each group of tables. What comes out are values of the domain; a row that makes no sense is
//! [`DbError::Corrupt`] here and nowhere else.
//!
//! Functions that read take a [`Conn`], functions that write a [`Tx`], which is also a [`Conn`].

#[macro_use]
mod macros;

pub mod api_keys;
pub mod attempts;
pub mod audit;
pub mod clock;
pub mod customers;
pub mod downloads;
mod error;
pub mod feed;
pub mod grants;
mod guard;
pub mod idempotency;
pub mod jobs;
pub mod keys;
pub mod licenses;
pub mod oauth_clients;
pub mod oauth_devices;
pub mod oauth_grants;
pub mod one_time_links;
mod open;
pub mod package_owners;
pub mod packages;
pub mod products;
pub mod releases;
mod row;
pub mod second_factors;
pub mod server;
pub mod sessions;
pub mod settings;
pub mod snapshot;
pub mod transfer;
pub mod usage;
pub mod users;
pub mod wake;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use tokio::sync::watch;

use crate::clock::jittered;

pub use error::DbError;
pub use feed::Change;
use guard::Schema;
pub(crate) use macros::in_tx;
pub use open::{OpenError, OpenMode, PoolSettings};

/// How often a transaction is tried that met others.
pub(crate) const ATTEMPTS: u32 = 5;

/// The other one needs a moment to take what this one let go; and those who met must not meet again.
pub(crate) fn pause_after(attempt: u32) -> Duration {
    jittered(Duration::from_millis(10) * 2_u32.saturating_pow(attempt))
}

/// The configured database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    /// The last revision this process committed: wakes its own followers without a poll.
    committed: Arc<watch::Sender<i64>>,
    schema: Arc<Schema>,
}

#[derive(Clone)]
enum Pools {
    /// SQLite has one writer at a time whatever we do: a pool of one queues writers in the process.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
        path: PathBuf,
    },
    Postgres {
        pool: PgPool,
        shown: String,
        acquire_timeout: Duration,
    },
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({self})")
    }
}

/// Where the database is, without user and password: for messages.
impl fmt::Display for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pools {
            Pools::Sqlite { path, .. } => write!(f, "sqlite:{}", path.display()),
            Pools::Postgres { shown, .. } => write!(f, "postgres://{shown}"),
        }
    }
}

/// The connections of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Those at work.
    pub used: usize,
    /// Those open and free.
    pub idle: usize,
    /// How many there may be.
    pub most: u32,
}

impl Db {
    /// Opens the database of `url` (`sqlite:FILE` or `postgres://USER:PASSWORD@HOST:PORT/NAME`) and
    /// brings an older schema up to date.
    pub async fn open(url: &str, mode: OpenMode) -> Result<Self, OpenError> {
        Self::open_with(url, mode, &PoolSettings::default()).await
    }

    /// The same, with other limits than usual for the connections to a PostgreSQL server.
    pub async fn open_with(
        url: &str,
        mode: OpenMode,
        settings: &PoolSettings,
    ) -> Result<Self, OpenError> {
        open::open(url, mode, settings).await
    }

    fn from_pools(pools: Pools) -> Self {
        Self {
            pools,
            committed: Arc::new(watch::Sender::new(0)),
            schema: Arc::new(Schema::known()),
        }
    }

    /// Whether this is PostgreSQL, for what only operating needs to know.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.pools, Pools::Postgres { .. })
    }

    /// The connections just now; of SQLite those that read and the one that writes.
    #[must_use]
    pub fn connections(&self) -> Connections {
        let of = |open: u32, idle: usize, most| Connections {
            used: (open as usize).saturating_sub(idle),
            idle,
            most,
        };
        match &self.pools {
            Pools::Sqlite {
                writer, readers, ..
            } => of(
                writer.size() + readers.size(),
                writer.num_idle() + readers.num_idle(),
                writer.options().get_max_connections() + readers.options().get_max_connections(),
            ),
            Pools::Postgres { pool, .. } => of(
                pool.size(),
                pool.num_idle(),
                pool.options().get_max_connections(),
            ),
        }
    }

    /// The number of the schema, where a newer version of this program has brought the database to one that
    /// this one does not know: it can be read, and writing is refused with [`DbError::NewerSchema`]. As of
    /// the last look, a second ago at most while a snapshot follows the feed.
    #[must_use]
    pub fn newer_schema(&self) -> Option<i64> {
        self.schema.newer()
    }

    /// Begins reading: everything read through one [`Conn`] is of the same moment.
    pub async fn read(&self) -> Result<Conn, DbError> {
        const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let driver = match &self.pools {
            Pools::Sqlite { readers, .. } => readers.begin().await.map(Driver::Sqlite),
            Pools::Postgres { pool, .. } => pool.begin_with(READ).await.map(Driver::Postgres),
        };
        self.conn(driver)
    }

    fn conn(&self, driver: Result<Driver, sqlx::Error>) -> Result<Conn, DbError> {
        Ok(Conn {
            driver: driver.map_err(|error| self.refused(error))?,
            has_conflict: false,
            schema: Arc::clone(&self.schema),
        })
    }

    /// Begins writing. On SQLite this waits for the lock at once: upgrading a reader later would fail
    /// without waiting. Dropping the transaction rolls it back. A schema that this program does not know
    /// is not written to.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        let mut tx = self.begin_unguarded().await?;
        guard::refuse_newer(&mut tx).await?;
        Ok(tx)
    }

    /// The same where there is no schema yet.
    pub(crate) async fn begin_unguarded(&self) -> Result<Tx, DbError> {
        let driver = match &self.pools {
            Pools::Sqlite { writer, .. } => writer
                .begin_with("BEGIN IMMEDIATE")
                .await
                .map(Driver::Sqlite),
            Pools::Postgres { pool, .. } => pool
                .begin_with(guard::POSTGRES_BEGIN)
                .await
                .map(Driver::Postgres),
        };
        Ok(Tx {
            conn: self.conn(driver)?,
            changes: BTreeSet::new(),
            committed: Arc::clone(&self.committed),
        })
    }

    /// sqlx goes on trying to connect until time is up, so a server that is away looks like a crowd.
    fn refused(&self, error: sqlx::Error) -> DbError {
        match (error, &self.pools) {
            (
                sqlx::Error::PoolTimedOut,
                Pools::Postgres {
                    acquire_timeout, ..
                },
            ) => DbError::Unavailable(format!(
                "no connection within {} seconds",
                acquire_timeout.as_secs()
            )),
            (error, _) => error.into(),
        }
    }

    /// Closes every connection once it is free.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite {
                writer, readers, ..
            } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// One open transaction on whichever database was configured.
#[derive(Debug)]
pub struct Conn {
    driver: Driver,
    has_conflict: bool,
    schema: Arc<Schema>,
}

#[derive(Debug)]
pub(crate) enum Driver {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Conn {
    pub(crate) fn driver(&mut self) -> &mut Driver {
        &mut self.driver
    }

    /// Names the error of a statement, and remembers whether trying all over again would help.
    pub(crate) fn checked<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, DbError> {
        result.map_err(|error| {
            let error = DbError::from(error);
            self.has_conflict |= matches!(error, DbError::Conflict);
            error
        })
    }
}

/// A transaction that writes. What it changed of what nodes hold in memory is told to them with
/// the commit.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    changes: BTreeSet<Change>,
    committed: Arc<watch::Sender<i64>>,
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Tx {
    /// Notes that something the snapshot holds has changed or is gone. The functions of `db/` that
    /// write do it themselves.
    pub fn changed(&mut self, change: Change) {
        self.changes.insert(change);
    }

    /// Commits; gives the revision of the feed, or `None` when nothing changed that nodes hold.
    pub async fn commit(mut self) -> Result<Option<i64>, DbError> {
        let revision = if self.changes.is_empty() {
            None
        } else {
            // The last statements: from here to the commit every other writer of the feed waits.
            Some(feed::append(&mut self.conn, &self.changes).await?)
        };
        match self.conn.driver {
            Driver::Sqlite(transaction) => transaction.commit().await,
            Driver::Postgres(transaction) => transaction.commit().await,
        }
        .map_err(DbError::of_commit)?;
        if let Some(revision) = revision {
            self.committed.send_replace(revision);
        }
        Ok(revision)
    }

    /// Ends one attempt of `in_tx!`: commits what succeeded, rolls back what failed. `Ok(None)`: two
    /// transactions met, and another attempt is worth it.
    pub(crate) async fn finish<T, E: From<DbError>>(
        mut self,
        result: Result<T, E>,
        is_last: bool,
    ) -> Result<Option<T>, E> {
        match result {
            Ok(value) => match self.commit().await {
                Ok(_) => Ok(Some(value)),
                Err(DbError::Conflict) if !is_last => Ok(None),
                Err(error) => Err(error.into()),
            },
            Err(_) if self.conn.has_conflict && !is_last => Ok(None),
            Err(error) => {
                self.changes.clear();
                Err(error)
            }
        }
    }
}
