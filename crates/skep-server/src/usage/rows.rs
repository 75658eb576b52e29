//! Counted rows as bytes: what memory holds of a count is what its file in the spool holds. So counting
//! makes no strings, and nothing is left for another thread to take apart.
//!
//! A row, its numbers little-endian: CRC-32 of the rest (4 bytes), length of the name (2), requests (8),
//! the name. The name is all that tells a row from others: moment (8), what is known of the caller and
//! the program (1), kind of file (1), status (2), key and license (16 each, where known), and seven texts,
//! each with its length before it.

use super::{Counted, FileKind, Request};
use crate::clock::Timestamp;
use crate::ids::{KeyId, LicenseId};

/// Before the name.
const HEAD: usize = 14;
const CRC: usize = 4;
const REQUESTS: usize = 6;
/// What clients say of themselves is as long as they like.
const MAX_TEXT: usize = 64;
const MAX_NAME: usize = 128;
/// In place of the length of a text that is not there.
const NO_TEXT: u8 = u8::MAX;
const HAS_KEY: u8 = 1;
const HAS_LICENSE: u8 = 2;
const IS_CI: u8 = 4;
const LONGEST: usize = 12 + 2 * 16 + 5 * (1 + MAX_TEXT) + 2 * (1 + MAX_NAME);

/// What tells a row from others, on the stack.
#[derive(Clone, Debug)]
pub(super) struct Name {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Name {
    /// The name of the row that counts `request`. Texts that are too long end where a character does.
    pub(super) fn of(request: &Request<'_>, at: Timestamp) -> Self {
        let (key, license) = request.caller.unzip();
        let client = &request.client;
        let mut name = Self::begin(request, at, key, license);
        name.put_text(Some(request.repository), MAX_TEXT);
        name.put_text(request.package, MAX_NAME);
        name.put_text(request.version, MAX_NAME);
        name.put_text(Some(client.name), MAX_TEXT);
        name.put_text(client.version, MAX_TEXT);
        name.put_text(client.elixir, MAX_TEXT);
        name.put_text(client.otp, MAX_TEXT);
        name
    }

    fn begin(
        request: &Request<'_>,
        at: Timestamp,
        key: Option<KeyId>,
        license: Option<LicenseId>,
    ) -> Self {
        let mut name = Self {
            bytes: [0; LONGEST],
            length: 0,
        };
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let flags = flag(key.is_some(), HAS_KEY)
            | flag(license.is_some(), HAS_LICENSE)
            | flag(request.client.is_ci, IS_CI);
        name.put(&at.micros().to_le_bytes());
        name.put(&[flags, request.file.code()]);
        name.put(&request.status.to_le_bytes());
        if let Some(key) = key {
            name.put(&key.to_bytes());
        }
        if let Some(license) = license {
            name.put(&license.to_bytes());
        }
        name
    }

    /// The bytes: equal for equal rows only.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn put_text(&mut self, text: Option<&str>, longest: usize) {
        let Some(text) = text else {
            return self.put(&[NO_TEXT]);
        };
        let text = &text[..text.floor_char_boundary(longest)];
        self.put(&[u8::try_from(text.len()).expect("no text is longer than 128 bytes")]);
        self.put(text.as_bytes());
    }
}

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

/// The rows in some bytes, which may be damaged.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

/// This is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

impl Iterator for Reader<'_> {
    type Item = Result<Counted, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let length = self.0.first_chunk::<HEAD>().map(|head| u16_at(head, CRC));
        let row = length.and_then(|length| self.0.split_at_checked(HEAD + usize::from(length)));
        let Some((row, rest)) = row else {
            self.0 = &[];
            return Some(Err(Damaged));
        };
        self.0 = rest;
        let is_whole = crc32fast::hash(&row[CRC..]).to_le_bytes() == row[..CRC];
        let counted = is_whole.then(|| read_row(row)).flatten();
        Some(counted.ok_or(Damaged))
    }
}

fn read_row(row: &[u8]) -> Option<Counted> {
    let mut fields = Fields(&row[HEAD..]);
    let at = Timestamp::from_micros(i64::from_le_bytes(fields.take()?));
    let [flags, file] = fields.take()?;
    let status = u16::from_le_bytes(fields.take()?);
    let has = |flag: u8| flags & flag != 0;
    Some(Counted {
        at,
        key: has(HAS_KEY)
            .then(|| fields.take())
            .flatten()
            .map(KeyId::from_bytes),
        license: has(HAS_LICENSE)
            .then(|| fields.take())
            .flatten()
            .map(LicenseId::from_bytes),
        repository: fields.text()??,
        file: FileKind::from_code(file)?,
        package: fields.text()?,
        version: fields.text()?,
        status,
        client: fields.text()??,
        client_version: fields.text()?,
        elixir_version: fields.text()?,
        otp_version: fields.text()?,
        ci: has(IS_CI),
        requests: u64_at(row, REQUESTS),
    })
}

/// What is left of a name.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    /// `None`: damaged; `Some(None)`: there is no such text.
    fn text(&mut self) -> Option<Option<Box<str>>> {
        let [length] = self.take()?;
        if length == NO_TEXT {
            return Some(None);
        }
        let (text, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(Some(std::str::from_utf8(text).ok()?.into()))
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let number = bytes[at..].first_chunk().expect("a row has its whole head");
    u64::from_le_bytes(*number)
}
