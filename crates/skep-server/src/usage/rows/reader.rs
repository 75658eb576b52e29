//! From bytes back to counted rows, also those of the format before this one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    CRC, HAS_ADDRESS_V4, HAS_ADDRESS_V6, HAS_KEY, HAS_LICENSE, HEAD, IS_CI, IS_NETWORK,
    NO_DELIVERY, NO_TEXT, REQUESTS, u16_at, u64_at,
};
use crate::clock::Timestamp;
use crate::delivery::Way;
use crate::ids::{KeyId, LicenseId};
use crate::usage::address::Address;
use crate::usage::{Counted, FileKind};

/// How rows are written down. Files say it by their extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::usage) enum Format {
    /// Without delivery and address. Read only: a version before this one left it.
    First,
    /// What is written now.
    Second,
}

/// The rows in some bytes, which may be damaged.
#[derive(Debug)]
pub(in crate::usage) struct Reader<'a> {
    bytes: &'a [u8],
    format: Format,
}

impl<'a> Reader<'a> {
    pub(in crate::usage) fn new(bytes: &'a [u8], format: Format) -> Self {
        Self { bytes, format }
    }
}

/// This is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::usage) struct Damaged;

impl Iterator for Reader<'_> {
    type Item = Result<Counted, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let length = self
            .bytes
            .first_chunk::<HEAD>()
            .map(|head| u16_at(head, CRC));
        let row = length.and_then(|length| self.bytes.split_at_checked(HEAD + usize::from(length)));
        let Some((row, rest)) = row else {
            self.bytes = &[];
            return Some(Err(Damaged));
        };
        self.bytes = rest;
        let is_whole = crc32fast::hash(&row[CRC..]).to_le_bytes() == row[..CRC];
        let counted = is_whole.then(|| read_row(row, self.format)).flatten();
        Some(counted.ok_or(Damaged))
    }
}

fn read_row(row: &[u8], format: Format) -> Option<Counted> {
    let mut fields = Fields(&row[HEAD..]);
    let at = Timestamp::from_micros(i64::from_le_bytes(fields.take()?));
    let [flags, file] = fields.take()?;
    let status = u16::from_le_bytes(fields.take()?);
    let has = |flag: u8| flags & flag != 0;
    let delivery = match format {
        Format::First => None,
        Format::Second => read_delivery(&mut fields)?,
    };
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
        address: read_address(&mut fields, flags)?,
        delivery,
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

/// `None`: damaged; `Some(None)`: it got no file.
fn read_delivery(fields: &mut Fields<'_>) -> Option<Option<Way>> {
    match fields.take()? {
        [NO_DELIVERY] => Some(None),
        [code] => Way::from_code(code).map(Some),
    }
}

/// `None`: damaged; `Some(None)`: not recorded.
fn read_address(fields: &mut Fields<'_>, flags: u8) -> Option<Option<Address>> {
    let ip: IpAddr = if flags & HAS_ADDRESS_V4 != 0 {
        Ipv4Addr::from(fields.take::<4>()?).into()
    } else if flags & HAS_ADDRESS_V6 != 0 {
        Ipv6Addr::from(fields.take::<16>()?).into()
    } else {
        return Some(None);
    };
    Some(Some(Address::new(ip, flags & IS_NETWORK != 0)))
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
