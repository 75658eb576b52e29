//! Reading all tables as of one moment, in pieces: usage may have more rows than memory has room for.

use futures_util::{Stream, TryStreamExt};
use sqlx::AssertSqlSafe;

use super::value::{Readable, weight};
use super::{Column, Row, Table, TransferError};
use crate::db::{Conn, Db, DbError, Driver, feed};

/// A piece is handed on when it has this many rows,
const PIECE_ROWS: usize = 500;
/// or is this large.
const PIECE_BYTES: usize = 1024 * 1024;

/// A database being read as of one moment, however long it takes.
#[derive(Debug)]
pub struct Source {
    conn: Conn,
}

/// What tells whether somebody wrote to a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    revision: i64,
    audit: i64,
    usage_batches: i64,
}

impl Source {
    /// Takes the moment: what is committed from now on is not seen.
    pub async fn open(db: &Db) -> Result<Self, DbError> {
        let mut conn = db.read().await?;
        without_limits(&mut conn).await?;
        // On both databases the first statement that reads is what takes the moment.
        feed::head(&mut conn).await?;
        Ok(Self { conn })
    }

    /// The connection, to ask for more of the same moment.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// Reads a table; see [`read_rows`].
    pub async fn read<E: From<TransferError>>(
        &mut self,
        table: &Table,
        take: impl AsyncFnMut(Vec<Row>) -> Result<(), E>,
    ) -> Result<(), E> {
        read_rows(&mut self.conn, table, take).await
    }
}

impl Activity {
    /// As of now.
    pub async fn of(conn: &mut Conn) -> Result<Self, DbError> {
        let (revision, audit, usage_batches) = fetch_one!(
            conn,
            (i64, i64, i64),
            "SELECT revision, (SELECT CAST(COUNT(*) AS BIGINT) FROM audit), \
             (SELECT CAST(COUNT(*) AS BIGINT) FROM usage_batches) FROM feed WHERE id = 1"
        )?;
        Ok(Self {
            revision,
            audit,
            usage_batches,
        })
    }
}

/// Reads every row of a table in no order and gives them to `take`, some at a time; the next ones are
/// read when it has returned.
pub async fn read_rows<E: From<TransferError>>(
    conn: &mut Conn,
    table: &Table,
    take: impl AsyncFnMut(Vec<Row>) -> Result<(), E>,
) -> Result<(), E> {
    let sql = format!("SELECT {} FROM \"{}\"", table.list(), table.name);
    let query = AssertSqlSafe(sql);
    let ended = match conn.driver() {
        Driver::Sqlite(transaction) => {
            let rows = sqlx::query(query)
                .persistent(false)
                .fetch(&mut **transaction);
            pieces(rows, table, take).await
        }
        Driver::Postgres(transaction) => {
            let rows = sqlx::query(query)
                .persistent(false)
                .fetch(&mut **transaction);
            pieces(rows, table, take).await
        }
    };
    match ended {
        Ok(()) => Ok(()),
        Err(Ended::Taker(error)) => Err(error),
        Err(Ended::Row(error)) => Err(error.into()),
        Err(Ended::Sql(error)) => conn
            .checked(Err(error))
            .map_err(|error| TransferError::from(error).into()),
    }
}

enum Ended<E> {
    Sql(sqlx::Error),
    Row(TransferError),
    Taker(E),
}

async fn pieces<R: Readable, E>(
    mut rows: impl Stream<Item = sqlx::Result<R>> + Unpin,
    table: &Table,
    mut take: impl AsyncFnMut(Vec<Row>) -> Result<(), E>,
) -> Result<(), Ended<E>> {
    let (mut piece, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await.map_err(Ended::Sql)? {
        let row = values(&row, table).map_err(Ended::Row)?;
        bytes += weight(&row);
        piece.push(row);
        if piece.len() >= PIECE_ROWS || bytes >= PIECE_BYTES {
            bytes = 0;
            take(std::mem::take(&mut piece))
                .await
                .map_err(Ended::Taker)?;
        }
    }
    if piece.is_empty() {
        return Ok(());
    }
    take(piece).await.map_err(Ended::Taker)
}

fn values(row: &impl Readable, table: &Table) -> Result<Row, TransferError> {
    let value = |(index, column): (usize, &Column)| {
        row.value(index, column.kind)
            .map_err(|error| TransferError::Unreadable {
                table: table.name.clone(),
                row: first(row, table),
                column: column.name.clone(),
                problem: error.to_string(),
            })
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// What tells people which row it is, where its first column does.
fn first(row: &impl Readable, table: &Table) -> String {
    let value = row.value(0, table.columns[0].kind);
    value.map_or_else(|_| "?".to_owned(), |value| value.shown())
}

/// Reading all of it may take longer than a request ever may.
pub(super) async fn without_limits(conn: &mut Conn) -> Result<(), DbError> {
    let Driver::Postgres(transaction) = conn.driver() else {
        return Ok(());
    };
    let set = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
    let done = sqlx::raw_sql(set).execute(&mut **transaction).await;
    conn.checked(done).map(|_| ())
}
