//! All tables as plain rows, for what moves a whole installation: `skep db copy`, `skep backup` and
//! `skep restore`. One list of tables and columns (`tables.rs`), one way to read them, as of one
//! moment, and one to write them, all in one transaction: whoever looks at a target that is being
//! filled sees an empty database, and after the commit all of it under a new epoch of the feed.

mod error;
mod fill;
mod read;
mod tables;
mod tally;
mod value;

pub use crate::db::open::is_same;
pub use error::TransferError;
pub use fill::Target;
pub use read::{Activity, Source, read_rows};
pub use tables::tables;
pub use tally::{Counted, Tally};
pub use value::{Row, Value, replace_nul};

use serde::{Deserialize, Serialize};

/// The schema this program works with.
pub use super::open::KNOWN_SCHEMA;

/// A table with its columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What it is called.
    pub name: String,
    /// Its columns: the values of a [`Row`] are in this order.
    pub columns: Vec<Column>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// What it can hold, beside nothing.
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

/// The types that both databases have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// `BIGINT`
    Bigint,
    /// `TEXT`
    Text,
    /// `BLOB`, `BYTEA` on PostgreSQL
    Blob,
    /// `DOUBLE PRECISION`
    Double,
}

impl Table {
    /// Whether its names can stand in a statement as they are. Those of a file are a stranger's.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.len() <= 63
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        is_name(&self.name)
            && !self.columns.is_empty()
            && self.columns.iter().all(|column| is_name(&column.name))
    }

    /// The names of its columns, quoted, for a statement.
    fn list(&self) -> String {
        let names = self
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name));
        names.collect::<Vec<_>>().join(", ")
    }
}
