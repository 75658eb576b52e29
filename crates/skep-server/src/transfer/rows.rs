//! Rows as a part of a file: one JSON array a line, gzip. Bytes are hexadecimal digits; a floating-point
//! number is a text, for JSON has not all of them.

use std::io::{Read, Write};

use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value as Json;

use crate::db::transfer::{ColumnType, Row, Table, Value};

/// No part that we write unpacks to more; the largest row is far smaller.
const LARGEST: u64 = 256 * 1024 * 1024;
/// A part is complete when its rows have this many bytes.
const COMPLETE: usize = 4 * 1024 * 1024;

/// Rows on their way into a part.
#[derive(Default)]
pub(super) struct Part {
    lines: Vec<u8>,
}

impl Part {
    pub(super) fn add(&mut self, row: &[Value]) -> serde_json::Result<()> {
        let values: Vec<Json> = row.iter().map(to_json).collect();
        serde_json::to_writer(&mut self.lines, &values)?;
        self.lines.push(b'\n');
        Ok(())
    }

    pub(super) const fn is_complete(&self) -> bool {
        self.lines.len() >= COMPLETE
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The part as it is written.
    pub(super) fn packed(self) -> std::io::Result<Vec<u8>> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&self.lines)?;
        packer.finish()
    }
}

/// The rows of a part.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn unpacked(table: &Table, packed: &[u8]) -> Result<Vec<Row>, String> {
    let mut lines = Vec::new();
    let read = GzDecoder::new(packed)
        .take(LARGEST)
        .read_to_end(&mut lines)
        .map_err(|error| error.to_string())?;
    if read as u64 == LARGEST {
        return Err("it is larger than any part of a backup".to_owned());
    }
    lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| row(table, line))
        .collect()
}

fn row(table: &Table, line: &[u8]) -> Result<Row, String> {
    let values: Vec<Json> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if values.len() != table.columns.len() {
        return Err(format!(
            "a row has {} values for {} columns",
            values.len(),
            table.columns.len()
        ));
    }
    let columns = table.columns.iter().zip(values);
    columns
        .map(|(column, value)| {
            from_json(column.kind, value)
                .ok_or_else(|| format!("a value is none for column `{}`", column.name))
        })
        .collect()
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => Json::from(*number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Blob(bytes) => Json::from(HEXLOWER.encode(bytes)),
        // Rust's own shortest form, which reads back as the same number, NaN and infinity too.
        Value::Double(number) => Json::from(format!("{number:?}")),
    }
}

fn from_json(kind: ColumnType, json: Json) -> Option<Value> {
    match (kind, json) {
        (_, Json::Null) => Some(Value::Null),
        (ColumnType::Bigint, Json::Number(number)) => number.as_i64().map(Value::Int),
        (ColumnType::Text, Json::String(text)) => Some(Value::Text(text)),
        (ColumnType::Blob, Json::String(digits)) => {
            HEXLOWER.decode(digits.as_bytes()).ok().map(Value::Blob)
        }
        (ColumnType::Double, Json::String(text)) => text.parse().ok().map(Value::Double),
        _ => None,
    }
}
