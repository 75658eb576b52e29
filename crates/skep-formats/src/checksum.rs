//! SHA-256 checksums, as registry resources and tarballs carry them.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::shorten;

/// A SHA-256 checksum of 32 bytes; shown and parsed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(
    /// The checksum's bytes.
    pub [u8; 32],
);

/// Why something is not a SHA-256 checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    /// The text is not 64 hexadecimal digits.
    #[error("`{0}` is not a SHA-256 checksum: it must be 64 hexadecimal digits")]
    NotHex(String),
    /// The bytes are not 32.
    #[error("a SHA-256 checksum has 32 bytes, not `{0}`")]
    Length(usize),
}

impl Sha256 {
    /// The checksum of `data`.
    pub fn of(data: &[u8]) -> Self {
        Self::from_digest(&digest::digest(&digest::SHA256, data))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn from_digest(digest: &digest::Digest) -> Self {
        Self(
            digest
                .as_ref()
                .try_into()
                .expect("a SHA-256 digest has 32 bytes"),
        )
    }
}

impl TryFrom<&[u8]> for Sha256 {
    type Error = ChecksumError;

    fn try_from(bytes: &[u8]) -> Result<Self, ChecksumError> {
        match bytes.try_into() {
            Ok(bytes) => Ok(Self(bytes)),
            Err(_) => Err(ChecksumError::Length(bytes.len())),
        }
    }
}

impl FromStr for Sha256 {
    type Err = ChecksumError;

    fn from_str(text: &str) -> Result<Self, ChecksumError> {
        let mut bytes = [0; 32];
        let decoded = text.len() == 64
            && HEXLOWER_PERMISSIVE
                .decode_mut(text.as_bytes(), &mut bytes)
                .is_ok();
        if decoded {
            Ok(Self(bytes))
        } else {
            Err(ChecksumError::NotHex(shorten(text)))
        }
    }
}

impl AsRef<[u8]> for Sha256 {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        HEXLOWER.encode_mut(&self.0, &mut text);
        f.write_str(str::from_utf8(&text).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Computes a [`Sha256`] of data that arrives in pieces.
#[derive(Clone)]
pub struct Sha256Hasher(digest::Context);

impl Sha256Hasher {
    /// A hasher that has seen nothing yet.
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds `data` to what is hashed.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The checksum of everything added.
    pub fn finish(self) -> Sha256 {
        Sha256::from_digest(&self.0.finish())
    }
}

impl Default for Sha256Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sha256Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256Hasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn text_round_trips_in_either_case() {
        let checksum = Sha256::of(b"abc");
        assert_eq!(checksum.to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(checksum));
        assert_eq!(ABC.to_uppercase().parse(), Ok(checksum));
        assert_eq!(format!("{checksum:?}"), ABC);
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        let mut hasher = Sha256Hasher::new();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), Sha256::of(b"abc"));
    }

    #[test]
    fn anything_but_64_digits_is_refused() {
        for text in [
            "",
            "ab",
            &ABC[1..],
            &format!("{ABC}0"),
            &ABC.replace('b', "g"),
        ] {
            assert_eq!(
                text.parse::<Sha256>(),
                Err(ChecksumError::NotHex(text.to_owned()))
            );
        }
        assert_eq!(Sha256::try_from(&b"ab"[..]), Err(ChecksumError::Length(2)));
    }

    #[test]
    fn json_is_the_hexadecimal_text() {
        let json = serde_json::to_string(&Sha256::of(b"abc")).unwrap();
        assert_eq!(json, format!("\"{ABC}\""));
        assert_eq!(
            serde_json::from_str::<Sha256>(&json).unwrap(),
            Sha256::of(b"abc")
        );
    }
}
