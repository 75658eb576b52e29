//! Opening the database: what the URL names, whether it is ours, and its migrations.

mod empty;
mod pool;
mod postgres;
mod schema;
mod sqlite;

use crate::db::{Db, DbError};

pub(crate) use empty::Empty;
pub use empty::is_same;
pub use pool::PoolSettings;
pub(crate) use postgres::APPLICATION;
pub use schema::KNOWN as KNOWN_SCHEMA;
pub(crate) use schema::run_migrations;

/// Whether a database is expected to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// It has been made by `skep init`.
    Existing,
    /// The same, to serve from: it may have a schema that this version does not know, and is not written
    /// to then ([`Db::newer_schema`]).
    Serving,
    /// It is to be made now; one that has tables already is refused.
    Create,
}

/// Why a database could not be opened. No variant shows a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The URL is of no kind we know.
    #[error(
        "the database URL is not understood{0}: use `sqlite:FILE` or `postgres://USER:PASSWORD@HOST:PORT/NAME`"
    )]
    Url(String),
    /// Nothing there.
    #[error(
        "the database `{0}` does not exist: `skep init` makes one; or correct `url` in section `[database]`"
    )]
    Missing(String),
    /// It is there, without a table.
    #[error(
        "the database `{0}` is empty: `skep init` begins a new installation in it, `skep restore` or `skep db copy` \
         put one there, again if it was interrupted; or correct `url` in section `[database]`"
    )]
    Empty(String),
    /// `init` would write over it.
    #[error("the database `{0}` has tables already, and nothing was changed in it: choose another")]
    Exists(String),
    /// Some other program's.
    #[error(
        "the database `{0}` was not made by Skep, and nothing was changed in it: correct `url` in section `[database]`"
    )]
    NotSkep(String),
    /// Made by a later version of this program.
    #[error(
        "the database `{shown}` has schema {found}, and this version of Skep knows {known}: install a newer Skep"
    )]
    Newer {
        /// Which database.
        shown: String,
        /// Its schema's number.
        found: i64,
        /// The last one this program knows.
        known: i64,
    },
    /// Its schema could not be brought up to date.
    #[error("the schema of the database `{shown}` could not be brought up to date: {problem}")]
    Migration {
        /// Which database.
        shown: String,
        /// In the database's words.
        problem: String,
    },
    /// A PostgreSQL server does not let us in, or will not do.
    #[error("the PostgreSQL server `{shown}` cannot be used: {problem}")]
    Server {
        /// Which database.
        shown: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// It is there, but does not do what it is asked.
    #[error(
        "the database `{shown}` cannot be opened: {error}; `url` in section `[database]` names it"
    )]
    Refused {
        /// Which database.
        shown: String,
        /// Why: busy, read-only, not answering.
        error: DbError,
    },
}

impl OpenError {
    fn of_another_kind(url: &str) -> Self {
        let scheme = url.split_once(':').map_or(String::new(), |(scheme, _)| {
            let scheme: String = scheme.chars().take(20).collect();
            format!(" (`{scheme}:`)")
        });
        Self::Url(scheme)
    }
}

pub(super) async fn open(
    url: &str,
    mode: OpenMode,
    settings: &PoolSettings,
) -> Result<Db, OpenError> {
    let opened = if let Some(path) = url.strip_prefix("sqlite:") {
        sqlite::open(path.strip_prefix("//").unwrap_or(path), mode).await
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        postgres::open(url, mode, settings).await
    } else {
        Err(OpenError::of_another_kind(url))
    };
    opened.map(Db::from_pools)
}
