//! From columns to values: whatever does not fit is [`DbError::Corrupt`] with table and row.

use std::fmt::Display;
use std::str::FromStr;

use skep_formats::checksum::Sha256;

use crate::clock::Timestamp;
use crate::db::DbError;

/// The row that is being read, for the error's sake.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) table: &'static str,
    pub(crate) id: &'a str,
}

impl At<'_> {
    pub(crate) fn corrupt(self, problem: impl Display) -> DbError {
        DbError::Corrupt { table: self.table, id: self.id.to_owned(), problem: problem.to_string() }
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
