//! What can go wrong with a database that is open.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

/// Why the database did not do what it was asked. No variant carries values of a statement: they
/// may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Somebody else held the lock for too long.
    #[error(
        "the database is locked: another process has been writing to it for more than 5 seconds; try again"
    )]
    Busy,
    /// Two transactions met and this one lost: worth another attempt from its beginning.
    #[error("two changes to the database met, and this one was undone; try again")]
    Conflict,
    /// A newer version of this program has migrated it.
    #[error(
        "a newer Skep has brought the database to schema {found}, and this one knows {known}: it goes on serving what \
         is there, but writes nothing; replace it with the newer one"
    )]
    NewerSchema {
        /// The database's schema.
        found: i64,
        /// The last one this program knows.
        known: i64,
    },
    /// It can be read, but not written.
    #[error(
        "the database is read-only: check the permissions of its file and its directory, or the server's role"
    )]
    ReadOnly,
    /// No room left.
    #[error("the disk of the database is full: nothing was written; make room and try again")]
    Full,
    /// It does not answer.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// It went away while it was committing.
    #[error(
        "the database went away while it was writing, and nobody knows whether that was done: {0}"
    )]
    Uncertain(String),
    /// A row that this program never writes.
    #[error("row `{id}` of table `{table}` makes no sense: {problem}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row's primary key, or what is known of it.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A row like this one is there already.
    #[error("table `{0}` has such a row already")]
    Unique(String),
    /// Something else, in the database's words.
    #[error("the database refused a statement: {0}")]
    Other(String),
}

impl DbError {
    /// Whether the database itself is away, or takes no writes, as opposed to refusing this one thing.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Busy
                | Self::ReadOnly
                | Self::Full
                | Self::Unavailable(_)
                | Self::Uncertain(_)
                | Self::NewerSchema { .. }
        )
    }
}

impl DbError {
    /// The error of a commit: a database that goes away then may have done it.
    pub(super) fn of_commit(error: sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Unavailable(why) => Self::Uncertain(why),
            other => other,
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => from_database(&*error),
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::PoolClosed => Self::Unavailable("it has been closed".to_owned()),
            sqlx::Error::WorkerCrashed => Self::Unavailable("its connection is gone".to_owned()),
            sqlx::Error::Io(error) => Self::Unavailable(error.to_string()),
            sqlx::Error::Tls(error) => Self::Unavailable(error.to_string()),
            sqlx::Error::Protocol(text) => Self::Unavailable(text),
            // These name columns and types, never values.
            other => Self::Other(other.to_string()),
        }
    }
}

fn from_database(error: &dyn DatabaseError) -> DbError {
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        return from_postgres(error);
    }
    let code = error
        .code()
        .and_then(|code| code.parse::<u32>().ok())
        .unwrap_or(0);
    from_sqlite(code, error)
}

/// Result codes of SQLite: the low byte is the kind.
fn from_sqlite(code: u32, error: &dyn DatabaseError) -> DbError {
    debug_assert!(
        error.try_downcast_ref::<SqliteError>().is_some(),
        "only two drivers are built in"
    );
    match code & 0xff {
        5 | 6 => DbError::Busy,
        8 => DbError::ReadOnly,
        13 => DbError::Full,
        10 | 14 => DbError::Unavailable(error.message().to_owned()),
        _ if error.is_unique_violation() => {
            // "UNIQUE constraint failed: customers.email"
            let table = error
                .message()
                .rsplit(": ")
                .next()
                .and_then(|rest| rest.split('.').next());
            DbError::Unique(table.unwrap_or("?").to_owned())
        }
        _ => DbError::Other(error.message().to_owned()),
    }
}

/// SQLSTATE of PostgreSQL. Its detail, unlike its message, quotes values: never shown.
fn from_postgres(error: &PgDatabaseError) -> DbError {
    match error.code() {
        "40001" | "40P01" => DbError::Conflict,
        "55P03" | "57014" => DbError::Busy,
        "25006" => DbError::ReadOnly,
        "53100" => DbError::Full,
        "23505" => DbError::Unique(error.table().unwrap_or("?").to_owned()),
        // Somebody puts a backup in its place: what is known counts until then.
        "42P01" | "3F000" => DbError::Unavailable(format!(
            "its tables are gone, as while it is restored ({})",
            error.message()
        )),
        code if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") => {
            DbError::Unavailable(error.message().to_owned())
        }
        _ => DbError::Other(error.message().to_owned()),
    }
}
