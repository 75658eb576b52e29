use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use skep_formats::checksum::Sha256Hasher;

use super::Value;

/// How many rows a table has, and a checksum of all of them that is the same in whatever order they
/// come and on both databases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub rows: u64,
    /// The sum of the rows' SHA-256, each eight bytes by themselves. A sum, for a row may be there twice.
    sums: [u64; 4],
}

impl Tally {
    /// Counts one row.
    pub fn add(&mut self, row: &[Value]) {
        let mut hasher = Sha256Hasher::new();
        for value in row {
            match value {
                Value::Null => hasher.update(b"n"),
                Value::Int(number) => update(&mut hasher, b'i', &number.to_le_bytes()),
                Value::Text(text) => update(&mut hasher, b't', text.as_bytes()),
                Value::Blob(bytes) => update(&mut hasher, b'b', bytes),
                Value::Double(number) => {
                    update(&mut hasher, b'd', &number.to_bits().to_le_bytes());
                }
            }
        }
        let hash = hasher.finish();
        for (sum, bytes) in self.sums.iter_mut().zip(hash.0.chunks_exact(8)) {
            let bytes = bytes.try_into().expect("a chunk has eight bytes");
            *sum = sum.wrapping_add(u64::from_le_bytes(bytes));
        }
        self.rows += 1;
    }

    /// What it came to.
    #[must_use]
    pub fn counted(&self) -> Counted {
        let bytes: Vec<u8> = self.sums.iter().flat_map(|sum| sum.to_le_bytes()).collect();
        Counted {
            rows: self.rows,
            checksum: HEXLOWER.encode(&bytes),
        }
    }
}

/// A [`Tally`], to be written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// How many rows.
    pub rows: u64,
    /// 64 hexadecimal digits.
    pub checksum: String,
}

/// With its length, so that two values are never taken for two others.
fn update(hasher: &mut Sha256Hasher, kind: u8, bytes: &[u8]) {
    hasher.update(&[kind]);
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: &[&[Value]]) -> Tally {
        let mut tally = Tally::default();
        for row in rows {
            tally.add(row);
        }
        tally
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn the_order_of_rows_does_not_count() {
        let (one, two) = ([Value::Int(1), Value::Null], [Value::Int(2), text("x")]);
        assert_eq!(tally(&[&one, &two]), tally(&[&two, &one]));
        assert_ne!(tally(&[&one, &two]), tally(&[&one, &one]));
        assert_ne!(
            tally(&[&one]).counted().checksum,
            tally(&[&one, &one]).counted().checksum
        );
    }

    #[test]
    fn values_that_look_alike_differ() {
        let rows: [&[Value]; 9] = [
            &[Value::Null, text("")],
            &[text(""), Value::Null],
            &[text(""), text("")],
            &[Value::Blob(vec![]), text("")],
            &[text("a"), text("bc")],
            &[text("ab"), text("c")],
            &[Value::Int(0), Value::Null],
            &[Value::Double(0.0), Value::Null],
            &[text("0"), Value::Null],
        ];
        let checksums: std::collections::BTreeSet<String> = rows
            .iter()
            .map(|row| tally(&[row]).counted().checksum)
            .collect();
        assert_eq!(checksums.len(), rows.len());
    }
}
