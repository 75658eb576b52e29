//! What tells a row from others.

use std::net::IpAddr;

use super::{
    HAS_ADDRESS_V4, HAS_ADDRESS_V6, HAS_KEY, HAS_LICENSE, IS_CI, IS_NETWORK, NO_DELIVERY, NO_TEXT,
};
use crate::clock::Timestamp;
use crate::delivery::Way;
use crate::ids::{KeyId, LicenseId};
use crate::usage::Request;
use crate::usage::address::Address;

/// What clients say of themselves is as long as they like.
const MAX_TEXT: usize = 64;
const MAX_NAME: usize = 128;
const LONGEST: usize = 13 + 3 * 16 + 5 * (1 + MAX_TEXT) + 2 * (1 + MAX_NAME);

/// What tells a row from others, on the stack.
#[derive(Clone, Debug)]
pub(in crate::usage) struct Name {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Name {
    /// The name of the row that counts `request`. Texts that are too long end where a character does.
    pub(in crate::usage) fn of(request: &Request<'_>, at: Timestamp) -> Self {
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
            | flag(request.client.is_ci, IS_CI)
            | request.address.map_or(0, address_flags);
        name.put(&at.micros().to_le_bytes());
        name.put(&[flags, request.file.code()]);
        name.put(&request.status.to_le_bytes());
        name.put(&[request.delivery.map_or(NO_DELIVERY, Way::code)]);
        if let Some(key) = key {
            name.put(&key.to_bytes());
        }
        if let Some(license) = license {
            name.put(&license.to_bytes());
        }
        match request.address.map(Address::ip) {
            Some(IpAddr::V4(ip)) => name.put(&ip.octets()),
            Some(IpAddr::V6(ip)) => name.put(&ip.octets()),
            None => {}
        }
        name
    }

    /// The bytes: equal for equal rows only.
    pub(in crate::usage) fn as_bytes(&self) -> &[u8] {
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

fn address_flags(address: Address) -> u8 {
    let family = match address.ip() {
        IpAddr::V4(_) => HAS_ADDRESS_V4,
        IpAddr::V6(_) => HAS_ADDRESS_V6,
    };
    if address.is_network() {
        family | IS_NETWORK
    } else {
        family
    }
}
