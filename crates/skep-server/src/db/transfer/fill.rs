//! Filling an empty database in one transaction, schema and all: until the commit nobody sees any of
//! it, and what is interrupted leaves an empty database behind.

use sqlx::{AssertSqlSafe, QueryBuilder};

use super::read::{read_rows, without_limits};
use super::{
    Column, ColumnType, Counted, KNOWN_SCHEMA, Row, Table, Tally, TransferError, Value, tables,
};
use crate::db::open::{Empty, run_migrations};
use crate::db::{Conn, Db, DbError, Driver, Tx};

/// SQLite takes 32,766 values in a statement, PostgreSQL 65,535.
const VALUES: usize = 30_000;
/// More rows in a statement make it no faster.
const ROWS: usize = 1_000;

/// An empty database that is being filled.
#[derive(Debug)]
pub struct Target {
    tx: Tx,
    empty: Empty,
}

impl Target {
    /// Begins to fill an empty database, with the schema of that number: 1 to [`KNOWN_SCHEMA`]. The file
    /// of a SQLite database is made if it is not there.
    ///
    /// # Errors
    /// [`TransferError::NotEmpty`] when anything is there.
    pub async fn open(url: &str, schema: i64) -> Result<Self, TransferError> {
        let empty = Empty::open(url).await?;
        let mut tx = empty.db().begin_unguarded().await?;
        let begun = async {
            without_limits(&mut tx).await?;
            migrate(&mut tx, empty.db(), schema).await?;
            // What migrations enter by themselves comes with the rows.
            for table in tables().iter().rev() {
                clear(&mut tx, table).await?;
            }
            Ok(())
        }
        .await;
        match begun {
            Ok(()) => Ok(Self { tx, empty }),
            Err(error) => {
                drop(tx);
                empty.give_up().await;
                Err(error)
            }
        }
    }

    /// Looks whether a database is empty, and changes nothing.
    ///
    /// # Errors
    /// [`TransferError::NotEmpty`] when it is not.
    pub async fn expect_empty(url: &str) -> Result<(), TransferError> {
        Empty::open(url).await?.give_up().await;
        Ok(())
    }

    /// Where it is, for messages.
    #[must_use]
    pub fn shown(&self) -> String {
        self.empty.db().to_string()
    }

    /// The connection, to ask for what was written.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.tx
    }

    /// Writes rows of a table.
    ///
    /// # Errors
    /// [`TransferError::Nul`] when PostgreSQL could not keep a text.
    pub async fn insert(&mut self, table: &Table, rows: &[Row]) -> Result<(), TransferError> {
        if matches!(self.tx.driver(), Driver::Postgres(_)) {
            refuse_nul(table, rows)?;
        }
        let most = (VALUES / table.columns.len()).min(ROWS);
        for rows in rows.chunks(most) {
            insert(&mut self.tx, table, rows).await?;
        }
        Ok(())
    }

    /// Reads a table again and compares it with what it should have.
    ///
    /// # Errors
    /// [`TransferError::Differs`]
    pub async fn verify(&mut self, table: &Table, expected: &Counted) -> Result<(), TransferError> {
        let mut found = Tally::default();
        read_rows(&mut self.tx, table, async |rows: Vec<Row>| {
            rows.iter().for_each(|row| found.add(row));
            Ok::<(), TransferError>(())
        })
        .await?;
        let found = found.counted();
        if found == *expected {
            return Ok(());
        }
        Err(TransferError::Differs {
            table: table.name.clone(),
            expected: expected.rows,
            expected_checksum: expected.checksum.clone(),
            found: found.rows,
            found_checksum: found.checksum,
        })
    }

    /// Brings an older schema up to date.
    pub async fn migrate(&mut self) -> Result<(), TransferError> {
        migrate(&mut self.tx, self.empty.db(), KNOWN_SCHEMA).await
    }

    /// Renews the feed's epoch, so that nodes load everything, and commits. `epoch` must never have been
    /// one of another database.
    pub async fn commit(mut self, epoch: &str) -> Result<(), TransferError> {
        execute!(self.tx, "UPDATE feed SET epoch = $1 WHERE id = 1", epoch)?;
        if let Driver::Postgres(transaction) = self.tx.driver() {
            // Without it, statements are planned as if every table were empty until it is noticed.
            let told = sqlx::raw_sql("ANALYZE; SELECT pg_notify('skep_feed', '')")
                .execute(&mut **transaction)
                .await;
            self.tx.checked(told)?;
        }
        self.tx.commit().await?;
        self.empty.keep().await;
        Ok(())
    }

    /// Undoes all of it.
    pub async fn give_up(self) {
        drop(self.tx);
        self.empty.give_up().await;
    }
}

async fn migrate(tx: &mut Tx, db: &Db, schema: i64) -> Result<(), TransferError> {
    run_migrations(tx.driver(), schema)
        .await
        .map_err(|error| TransferError::Schema {
            shown: db.to_string(),
            problem: error.to_string(),
        })
}

async fn clear(tx: &mut Tx, table: &Table) -> Result<(), TransferError> {
    if !exists(tx, table).await? {
        return Ok(());
    }
    let sql = AssertSqlSafe(format!("DELETE FROM \"{}\"", table.name));
    on_db!(tx, |c| sqlx::query(sql)
        .persistent(false)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// An older schema has fewer tables.
async fn exists(tx: &mut Tx, table: &Table) -> Result<bool, DbError> {
    let (sqlite, postgres) = (
        "SELECT CAST(COUNT(*) AS BIGINT) FROM sqlite_schema WHERE type = 'table' AND name = $1",
        "SELECT CAST(COUNT(*) AS BIGINT) FROM information_schema.tables \
         WHERE table_schema = current_schema() AND table_name = $1",
    );
    let is_postgres = matches!(tx.driver(), Driver::Postgres(_));
    let sql = if is_postgres { postgres } else { sqlite };
    let (count,) = fetch_one!(tx, (i64,), sql, &table.name)?;
    Ok(count > 0)
}

async fn insert(tx: &mut Tx, table: &Table, rows: &[Row]) -> Result<(), TransferError> {
    let begin = format!("INSERT INTO \"{}\" ({}) ", table.name, table.list());
    on_db!(tx, |c| {
        let mut statement = QueryBuilder::new(begin);
        statement.push_values(rows, |mut values, row| {
            for (column, value) in table.columns.iter().zip(row) {
                match column.kind {
                    ColumnType::Bigint => values.push_bind(int(value)),
                    ColumnType::Text => values.push_bind(text(value)),
                    ColumnType::Blob => values.push_bind(blob(value)),
                    ColumnType::Double => values.push_bind(double(value)),
                };
            }
        });
        statement
            .build()
            .persistent(false)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn blob(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        _ => None,
    }
}

fn refuse_nul(table: &Table, rows: &[Row]) -> Result<(), TransferError> {
    let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    for row in rows {
        let found = table
            .columns
            .iter()
            .zip(row)
            .find(|(_, value)| has_nul(value));
        if let Some((Column { name, .. }, _)) = found {
            return Err(TransferError::Nul {
                table: table.name.clone(),
                row: row[0].shown(),
                column: name.clone(),
            });
        }
    }
    Ok(())
}
