//! The schema: one numbered file for each step, the same numbers in both folders.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{PgConnection, PgPool, SqlSafeStr, SqliteConnection, SqlitePool};

use super::{OpenError, OpenMode};
use crate::db::guard::POSTGRES_LOCK;
use crate::db::{DbError, Driver};

/// Number, name, text for SQLite, text for PostgreSQL. Once released, a file never changes.
const STEPS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "start",
        include_str!("../../../migrations/sqlite/0001_start.sql"),
        include_str!("../../../migrations/postgres/0001_start.sql"),
    ),
    (
        2,
        "accounts",
        include_str!("../../../migrations/sqlite/0002_accounts.sql"),
        include_str!("../../../migrations/postgres/0002_accounts.sql"),
    ),
    (
        3,
        "oauth",
        include_str!("../../../migrations/sqlite/0003_oauth.sql"),
        include_str!("../../../migrations/postgres/0003_oauth.sql"),
    ),
    (
        4,
        "packages",
        include_str!("../../../migrations/sqlite/0004_packages.sql"),
        include_str!("../../../migrations/postgres/0004_packages.sql"),
    ),
    (
        5,
        "manage",
        include_str!("../../../migrations/sqlite/0005_manage.sql"),
        include_str!("../../../migrations/postgres/0005_manage.sql"),
    ),
    (
        6,
        "jobs",
        include_str!("../../../migrations/sqlite/0006_jobs.sql"),
        include_str!("../../../migrations/postgres/0006_jobs.sql"),
    ),
    (
        7,
        "usage",
        include_str!("../../../migrations/sqlite/0007_usage.sql"),
        include_str!("../../../migrations/postgres/0007_usage.sql"),
    ),
];

/// The schema this program works with.
pub const KNOWN: i64 = STEPS[STEPS.len() - 1].0;

/// The names of all tables of a database.
pub(super) const TABLES_OF_SQLITE: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
/// The same.
pub(super) const TABLES_OF_POSTGRES: &str = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()";
/// Where the schema's number is. By itself it is what an interrupted first migration leaves.
pub(super) const BOOKKEEPING: &str = "_sqlx_migrations";

/// Makes the tables of a schema, or brings them there, within an open transaction.
pub(crate) async fn run_migrations(driver: &mut Driver, schema: i64) -> Result<(), MigrateError> {
    match driver {
        Driver::Sqlite(transaction) => migrator(false).run_to(schema, &mut **transaction).await,
        Driver::Postgres(transaction) => migrator(true).run_to(schema, &mut **transaction).await,
    }
}

fn migrator(is_postgres: bool) -> Migrator {
    let migrations = STEPS.iter().map(|&(number, name, sqlite, postgres)| {
        let text = if is_postgres { postgres } else { sqlite };
        Migration::new(
            number,
            name.into(),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

/// What is in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Schema(i64),
}

/// Why looking at a database ended.
pub(super) enum LookError {
    Open(OpenError),
    Sql(sqlx::Error),
}

impl LookError {
    pub(super) fn either(self, name: impl FnOnce(sqlx::Error) -> OpenError) -> OpenError {
        match self {
            Self::Open(error) => error,
            Self::Sql(error) => name(error),
        }
    }
}

impl From<sqlx::Error> for LookError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

/// The same look at both databases: `$tables` lists the names of the tables.
macro_rules! look {
    ($connection:expr, $shown:expr, $tables:expr) => {{
        let tables: Vec<String> = sqlx::query_scalar($tables)
            .fetch_all(&mut *$connection)
            .await?;
        let has = |name: &str| tables.iter().any(|table| table == name);
        if tables.iter().all(|table| table == BOOKKEEPING) {
            return Ok(Found::Nothing);
        }
        if !has("_sqlx_migrations") || !has("feed") || !has("license_keys") {
            return Err(LookError::Open(OpenError::NotSkep($shown.to_owned())));
        }
        let last = "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM _sqlx_migrations";
        let found: i64 = sqlx::query_scalar(last)
            .fetch_one(&mut *$connection)
            .await?;
        Ok(Found::Schema(found))
    }};
}

async fn in_sqlite(connection: &mut SqliteConnection, shown: &str) -> Result<Found, LookError> {
    look!(connection, shown, TABLES_OF_SQLITE)
}

async fn in_postgres(connection: &mut PgConnection, shown: &str) -> Result<Found, LookError> {
    look!(connection, shown, TABLES_OF_POSTGRES)
}

/// Whether a file is ours or empty, without writing to it.
pub(super) async fn look_sqlite(
    connection: &mut SqliteConnection,
    path: &str,
) -> Result<(), LookError> {
    in_sqlite(connection, path).await.map(|_| ())
}

fn is_ready(found: Found, shown: &str, mode: OpenMode) -> Result<bool, OpenError> {
    match (found, mode) {
        (Found::Nothing, OpenMode::Existing | OpenMode::Serving) => {
            Err(OpenError::Empty(shown.to_owned()))
        }
        (Found::Schema(_), OpenMode::Create) => Err(OpenError::Exists(shown.to_owned())),
        (Found::Nothing, OpenMode::Create) => Ok(false),
        (Found::Schema(found), OpenMode::Serving) => Ok(found >= KNOWN),
        (Found::Schema(found), OpenMode::Existing) if found > KNOWN => Err(OpenError::Newer {
            shown: shown.to_owned(),
            found,
            known: KNOWN,
        }),
        (Found::Schema(found), OpenMode::Existing) => Ok(found == KNOWN),
    }
}

fn refused(shown: &str) -> impl Fn(sqlx::Error) -> OpenError {
    move |error| OpenError::Refused {
        shown: shown.to_owned(),
        error: DbError::from(error),
    }
}

pub(super) async fn prepare_sqlite(
    writer: &SqlitePool,
    path: &str,
    mode: OpenMode,
) -> Result<(), OpenError> {
    let found = {
        let mut connection = writer.acquire().await.map_err(refused(path))?;
        in_sqlite(&mut connection, path)
            .await
            .map_err(|error| error.either(refused(path)))?
    };
    if is_ready(found, path, mode)? {
        return Ok(());
    }
    let migrated = migrator(false).run(writer).await;
    let Err(error) = migrated else { return Ok(()) };
    // sqlx takes no lock on SQLite: another process may have done it in the same moment.
    let mut connection = writer.acquire().await.map_err(refused(path))?;
    match in_sqlite(&mut connection, path).await {
        Ok(Found::Schema(KNOWN)) => Ok(()),
        _ => Err(OpenError::Migration {
            shown: path.to_owned(),
            problem: error.to_string(),
        }),
    }
}

pub(super) async fn prepare_postgres(
    pool: &PgPool,
    shown: &str,
    mode: OpenMode,
) -> Result<(), OpenError> {
    let found = {
        let mut connection = pool.acquire().await.map_err(refused(shown))?;
        in_postgres(&mut connection, shown)
            .await
            .map_err(|error| error.either(refused(shown)))?
    };
    if is_ready(found, shown, mode)? {
        return Ok(());
    }
    migrate_postgres(pool)
        .await
        .map_err(|error| OpenError::Migration {
            shown: shown.to_owned(),
            problem: error.to_string(),
        })
}

/// Older nodes may be writing: theirs ends first, and what they begin meanwhile waits and is refused.
async fn migrate_postgres(pool: &PgPool) -> Result<(), MigrateError> {
    let mut connection = pool.acquire().await?;
    sqlx::query("SET lock_timeout = '60s'")
        .execute(&mut *connection)
        .await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(POSTGRES_LOCK)
        .execute(&mut *connection)
        .await?;
    let migrated = migrator(true).run(pool).await;
    // With the connection the lock goes.
    connection.close().await?;
    migrated
}
