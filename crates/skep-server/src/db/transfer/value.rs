use sqlx::{ColumnIndex, Row as SqlxRow};

use super::ColumnType;
use crate::db::row::Column;

/// One value of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `NULL`
    Null,
    /// Of a `BIGINT`.
    Int(i64),
    /// Of a `TEXT`.
    Text(String),
    /// Of a `BLOB`.
    Blob(Vec<u8>),
    /// Of a `DOUBLE PRECISION`.
    Double(f64),
}

impl Value {
    /// For messages: an id or a name, shortened. Bytes are never shown.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Text(text) => text.chars().filter(|c| !c.is_control()).take(80).collect(),
            Self::Null | Self::Blob(_) | Self::Double(_) => "?".to_owned(),
        }
    }
}

/// The values of a row, in the order of the table's columns.
pub type Row = Vec<Value>;

/// A driver's row whose values we can take.
pub(super) trait Readable: SqlxRow {
    fn value(&self, index: usize, kind: ColumnType) -> sqlx::Result<Value>;
}

impl<R: SqlxRow> Readable for R
where
    usize: ColumnIndex<R>,
    Option<i64>: Column<R>,
    Option<String>: Column<R>,
    Option<Vec<u8>>: Column<R>,
    Option<f64>: Column<R>,
{
    fn value(&self, index: usize, kind: ColumnType) -> sqlx::Result<Value> {
        Ok(match kind {
            ColumnType::Bigint => Option::at(self, index)?.map_or(Value::Null, Value::Int),
            ColumnType::Text => Option::at(self, index)?.map_or(Value::Null, Value::Text),
            ColumnType::Blob => Option::at(self, index)?.map_or(Value::Null, Value::Blob),
            ColumnType::Double => Option::at(self, index)?.map_or(Value::Null, Value::Double),
        })
    }
}

/// How much memory a row takes, more or less.
pub(super) fn weight(row: &[Value]) -> usize {
    let of_value = |value: &Value| match value {
        Value::Null | Value::Int(_) | Value::Double(_) => 8,
        Value::Text(text) => text.len() + 24,
        Value::Blob(bytes) => bytes.len() + 24,
    };
    row.iter().map(of_value).sum()
}

/// Puts U+FFFD where a text has a NUL, which PostgreSQL cannot hold; gives how many texts had one.
pub fn replace_nul(rows: &mut [Row]) -> u64 {
    let mut replaced = 0;
    for value in rows.iter_mut().flatten() {
        if let Value::Text(text) = value
            && text.contains('\0')
        {
            *text = text.replace('\0', "\u{fffd}");
            replaced += 1;
        }
    }
    replaced
}
