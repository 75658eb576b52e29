//! Opening a SQLite file.

use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::{OpenError, OpenMode, schema};
use crate::db::{DbError, Pools};

const READERS: u32 = 4;
/// How long a statement waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn open(path: &str, mode: OpenMode) -> Result<Pools, OpenError> {
    refuse_memory(path)?;
    match mode {
        OpenMode::Existing | OpenMode::Serving if !Path::new(path).exists() => {
            return Err(OpenError::Missing(path.to_owned()));
        }
        OpenMode::Existing | OpenMode::Serving => {}
        OpenMode::Create => create(path)?,
    }
    let file = options(path);
    check_header(path, &file).await?;
    let writer = open_writer(path, &file).await?;
    if let Err(error) = prepare(&writer, path, mode).await {
        // Not only dropped: whoever is told so may want to move the file.
        writer.close().await;
        return Err(error);
    }
    with_readers(path, file, writer).await
}

/// The same, whatever is in it, if it is a database; made if it is not there.
pub(super) async fn open_any(path: &str) -> Result<Pools, OpenError> {
    refuse_memory(path)?;
    if !Path::new(path).exists() {
        create(path)?;
    }
    let file = options(path);
    match check_header(path, &file).await {
        // What is in it is for our caller to say.
        Ok(()) | Err(OpenError::Newer { .. }) => {}
        Err(OpenError::NotSkep(_)) if is_database(path) => {}
        Err(error) => return Err(error),
    }
    let writer = open_writer(path, &file).await?;
    with_readers(path, file, writer).await
}

fn is_database(path: &str) -> bool {
    use std::io::Read;
    let mut magic = [0; 16];
    let read = fs_err::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == *b"SQLite format 3\0"
}

fn refuse_memory(path: &str) -> Result<(), OpenError> {
    if path.is_empty() || path.starts_with(":memory:") {
        return Err(OpenError::Url(" (a file is needed)".to_owned()));
    }
    Ok(())
}

fn options(path: &str) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(1024)
}

fn refused(path: &str) -> impl Fn(sqlx::Error) -> OpenError {
    move |error| OpenError::Refused {
        shown: path.to_owned(),
        error: name(error),
    }
}

async fn open_writer(path: &str, file: &SqliteConnectOptions) -> Result<SqlitePool, OpenError> {
    let writer = file
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged release must outlive a power cut.
        .synchronous(SqliteSynchronous::Full);
    pool(1).connect_with(writer).await.map_err(refused(path))
}

async fn with_readers(
    path: &str,
    file: SqliteConnectOptions,
    writer: SqlitePool,
) -> Result<Pools, OpenError> {
    let readers = pool(READERS).connect_with(file.pragma("query_only", "on"));
    let readers = readers.await.map_err(refused(path))?;
    Ok(Pools::Sqlite {
        writer,
        readers,
        path: path.into(),
    })
}

async fn prepare(writer: &SqlitePool, path: &str, mode: OpenMode) -> Result<(), OpenError> {
    check_writable(writer)
        .await
        .map_err(|error| OpenError::Refused {
            shown: path.to_owned(),
            error,
        })?;
    schema::prepare_sqlite(writer, path, mode).await
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(BUSY_TIMEOUT * 2)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Makes an empty file that only its owner may read: it will hold customers and a signing key of URLs.
fn create(path: &str) -> Result<(), OpenError> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            match fs_err::metadata(path) {
                Ok(metadata) if metadata.len() == 0 => Ok(()),
                _ => Err(OpenError::Exists(path.to_owned())),
            }
        }
        Err(error) => Err(OpenError::Refused {
            shown: path.to_owned(),
            error: DbError::Unavailable(error.to_string()),
        }),
    }
}

/// Looks at the file without changing it: switching a stranger's file to WAL would be a change.
async fn check_header(path: &str, file: &SqliteConnectOptions) -> Result<(), OpenError> {
    use sqlx::{ConnectOptions, Connection};
    let refused = |error: sqlx::Error| {
        let is_no_database = error
            .as_database_error()
            .and_then(|error| error.code())
            .is_some_and(|code| code == "26");
        if is_no_database {
            return OpenError::NotSkep(path.to_owned());
        }
        OpenError::Refused {
            shown: path.to_owned(),
            error: name(error),
        }
    };
    let mut connection = file.connect().await.map_err(refused)?;
    let looked = schema::look_sqlite(&mut connection, path).await;
    let closed = connection.close().await;
    looked.map_err(|error| error.either(refused))?;
    closed.map_err(refused)
}

/// Opening a read-only file for writing succeeds in SQLite, and so does `BEGIN IMMEDIATE`: only a
/// write fails. A file that is busy is writable.
async fn check_writable(writer: &SqlitePool) -> Result<(), DbError> {
    let mut connection = writer.acquire().await?;
    let mut run = async |statement: &'static str| {
        sqlx::query(statement)
            .execute(&mut *connection)
            .await
            .map(|_| ())
            .map_err(DbError::from)
    };
    run("PRAGMA busy_timeout = 0").await?;
    match run("BEGIN IMMEDIATE").await {
        Ok(()) => {
            run("PRAGMA user_version = 0").await?;
            run("ROLLBACK").await?;
        }
        Err(DbError::Busy) => {}
        Err(error) => return Err(error),
    }
    run("PRAGMA busy_timeout = 5000").await
}

/// SQLite says "unable to open database file" also when it may not write beside it.
fn name(error: sqlx::Error) -> DbError {
    match DbError::from(error) {
        DbError::Unavailable(text) if text.contains("unable to open") => DbError::Unavailable(
            format!("{text}: the file and its directory must be readable and writable"),
        ),
        other => other,
    }
}
