//! From columns to values: whatever does not fit is [`DbError::Corrupt`] with table and row.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use skep_formats::checksum::Sha256;
use sqlx::error::UnexpectedNullError;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, FromRow, Row};

use crate::clock::Timestamp;
use crate::db::DbError;

/// A type that a column can have, on both databases. No others: `bool` and small integers exist in
/// one of them only.
pub(crate) trait Column<R>: Sized {
    fn at<I: ColumnIndex<R> + Debug>(row: &R, index: I) -> sqlx::Result<Self>;
}

macro_rules! columns {
    ($($type:ty),*) => { $( columns!(@ $type, SqliteRow); columns!(@ $type, PgRow); )* };
    (@ $type:ty, $row:ty) => {
        impl Column<$row> for $type {
            fn at<I: ColumnIndex<$row> + Debug>(row: &$row, index: I) -> sqlx::Result<Self> {
                // The driver for SQLite would read NULL as 0 or "".
                row.try_get::<Option<$type>, _>(&index)?.ok_or_else(|| sqlx::Error::ColumnDecode {
                    index: format!("{index:?}"),
                    source: Box::new(UnexpectedNullError),
                })
            }
        }
        impl Column<$row> for Option<$type> {
            fn at<I: ColumnIndex<$row> + Debug>(row: &$row, index: I) -> sqlx::Result<Self> {
                row.try_get(index)
            }
        }
    };
}

columns!(i64, f64, String, Vec<u8>);

/// What a row can be read as: a `row!` struct by names, a tuple by position.
pub(crate) trait FromColumns<R>: Sized {
    fn from_columns(row: &R) -> sqlx::Result<Self>;
}

macro_rules! tuples {
    ($($type:ident $index:literal),*) => {
        impl<R: Row, $($type: Column<R>),*> FromColumns<R> for ($($type,)*)
        where
            usize: ColumnIndex<R>,
        {
            fn from_columns(row: &R) -> sqlx::Result<Self> {
                Ok(($($type::at(row, $index)?,)*))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);

/// Makes sqlx read a row our way.
pub(crate) struct Read<T>(pub(crate) T);

impl<T: FromColumns<SqliteRow>> FromRow<'_, SqliteRow> for Read<T> {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        T::from_columns(row).map(Self)
    }
}

impl<T: FromColumns<PgRow>> FromRow<'_, PgRow> for Read<T> {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        T::from_columns(row).map(Self)
    }
}

/// The row that is being read, for the error's sake.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) table: &'static str,
    pub(crate) id: &'a str,
}

impl At<'_> {
    pub(crate) fn corrupt(self, problem: impl Display) -> DbError {
        DbError::Corrupt {
            table: self.table,
            id: self.id.to_owned(),
            problem: problem.to_string(),
        }
    }

    /// A text that has to be a `T`.
    pub(crate) fn parse<T: FromStr<Err: Display>>(self, text: &str) -> Result<T, DbError> {
        text.parse().map_err(|error| self.corrupt(error))
    }

    /// A number that has to fit.
    pub(crate) fn number<T: TryFrom<i64>>(self, column: &str, value: i64) -> Result<T, DbError> {
        T::try_from(value).map_err(|_| self.corrupt(format_args!("`{column}` is `{value}`")))
    }

    pub(crate) fn sha256(self, bytes: &[u8]) -> Result<Sha256, DbError> {
        Sha256::try_from(bytes).map_err(|error| self.corrupt(error))
    }
}

/// A column of time.
pub(crate) fn time(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

/// A value for a column of time.
pub(crate) fn micros(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::micros)
}

/// A size or a count as the database keeps it; what does not fit is the largest that does.
pub(crate) fn big(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
