//! Counted rows as bytes: what memory holds of a count is what its file in the spool holds. So counting
//! makes no strings, and nothing is left for another thread to take apart.
//!
//! A row, its numbers little-endian: CRC-32 of the rest (4 bytes), length of the name (2), requests (8),
//! the name. The name is all that tells a row from others: moment (8), what is known of the caller and
//! the program (1), kind of file (1), status (2), delivery (1), key and license (16 each, where known),
//! address (4 or 16, where recorded), and seven texts, each with its length before it. A row of the
//! [first format](Format::First) has neither delivery nor address.

mod name;
mod reader;

pub(super) use name::Name;
pub(super) use reader::{Damaged, Format, Reader};

use super::Counted;

/// Before the name.
const HEAD: usize = 14;
const CRC: usize = 4;
const REQUESTS: usize = 6;
/// In place of the length of a text that is not there.
const NO_TEXT: u8 = u8::MAX;
/// In place of the code of a delivery that was none.
const NO_DELIVERY: u8 = u8::MAX;
const HAS_KEY: u8 = 1;
const HAS_LICENSE: u8 = 2;
const IS_CI: u8 = 4;
const HAS_ADDRESS_V4: u8 = 8;
const HAS_ADDRESS_V6: u8 = 16;
const IS_NETWORK: u8 = 32;

/// Rows, one after the other.
#[derive(Debug, Default)]
pub struct Rows {
    bytes: Vec<u8>,
}

impl Rows {
    /// Adds a row; where it begins.
    pub(super) fn push(&mut self, name: &Name, requests: u64) -> usize {
        let start = self.bytes.len();
        let name = name.as_bytes();
        let length = u16::try_from(name.len()).expect("a name has less than 1,024 bytes");
        self.bytes.extend_from_slice(&[0; CRC]);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(&requests.to_le_bytes());
        self.bytes.extend_from_slice(name);
        start
    }

    /// Counts more requests in the row that begins at `start`, if this is its name.
    pub(super) fn count(&mut self, start: usize, name: &Name, requests: u64) -> bool {
        let name = name.as_bytes();
        let row = &mut self.bytes[start..];
        if row.get(HEAD..HEAD + name.len()) != Some(name)
            || usize::from(u16_at(row, CRC)) != name.len()
        {
            return false;
        }
        let counted = u64_at(row, REQUESTS).saturating_add(requests);
        row[REQUESTS..HEAD].copy_from_slice(&counted.to_le_bytes());
        true
    }

    /// Takes over the rows of another one, which is empty then and keeps its memory.
    pub(super) fn append(&mut self, other: &mut Self) {
        self.bytes.append(&mut other.bytes);
    }

    /// Forgets the rows and keeps the memory, up to a bound.
    pub(super) fn clear(&mut self, most_bytes: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(most_bytes);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The rows for a file each, of at most `most` rows, with their checksums.
    pub(super) fn sealed(&mut self, most: usize) -> impl Iterator<Item = &[u8]> {
        let mut ends = Vec::new();
        let (mut start, mut count) = (0, 0);
        while start < self.bytes.len() {
            let end = start + HEAD + usize::from(u16_at(&self.bytes[start..], CRC));
            let checksum = crc32fast::hash(&self.bytes[start + CRC..end]);
            self.bytes[start..start + CRC].copy_from_slice(&checksum.to_le_bytes());
            (start, count) = (end, count + 1);
            if count % most == 0 || end == self.bytes.len() {
                ends.push(end);
            }
        }
        let bytes: &[u8] = &self.bytes;
        let mut start = 0;
        ends.into_iter().map(move |end| {
            let part = &bytes[start..end];
            start = end;
            part
        })
    }
}

impl<'a> FromIterator<&'a Counted> for Rows {
    fn from_iter<T: IntoIterator<Item = &'a Counted>>(counted: T) -> Self {
        let mut rows = Self::default();
        for row in counted {
            rows.push(&Name::of(&row.request(), row.at), row.requests);
        }
        rows
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let number = bytes[at..].first_chunk().expect("a row has its whole head");
    u64::from_le_bytes(*number)
}
