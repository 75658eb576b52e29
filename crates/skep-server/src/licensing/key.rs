//! License keys: the secret a customer's tools send. Shown once, kept as a SHA-256.

use std::fmt;

use skep_formats::checksum::Sha256;

use crate::clock::{Clock, Timestamp};
use crate::ids::{KeyId, LicenseId};

const PREFIX: &str = "skl_";
const RANDOM_CHARACTERS: usize = 32;
const CHECKSUM_CHARACTERS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The secret itself. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseKey(String);

impl fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LicenseKey(****)")
    }
}

/// What a text that should be a key looks like, before anybody looks it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One of ours: prefix, length and checksum are right.
    WellFormed,
    /// Begins like one of ours, but a character is wrong, missing or too many.
    Mistyped,
    /// Not one of ours: perhaps a key of an older system, imported.
    Foreign,
}

impl LicenseKey {
    /// A new key: `skl_`, 32 random base62 characters, and their CRC-32 in six.
    #[must_use]
    pub fn generate(clock: &Clock) -> Self {
        let mut text =
            String::with_capacity(PREFIX.len() + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS);
        text.push_str(PREFIX);
        while text.len() < PREFIX.len() + RANDOM_CHARACTERS {
            let [byte] = clock.random::<1>();
            // 248 = 4 * 62: taking the rest of a larger number would favor some characters.
            if byte < 248 {
                text.push(char::from(BASE62[usize::from(byte % 62)]));
            }
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    /// A key that somebody gave: ours or an older system's.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret, for the one time it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }

    /// The last four characters of a key long enough to give them away.
    #[must_use]
    pub fn hint(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        if characters.len() < 16 {
            String::new()
        } else {
            characters[characters.len() - 4..].iter().collect()
        }
    }

    /// What a text looks like.
    #[must_use]
    pub fn form(text: &str) -> Form {
        if !text.starts_with(PREFIX) {
            return Form::Foreign;
        }
        let split = PREFIX.len() + RANDOM_CHARACTERS;
        let is_whole = text.is_ascii() && text.len() == split + CHECKSUM_CHARACTERS;
        if is_whole && checksum(&text[..split]) == text[split..] {
            Form::WellFormed
        } else {
            Form::Mistyped
        }
    }
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut characters = [b'0'; CHECKSUM_CHARACTERS];
    for character in characters.iter_mut().rev() {
        *character = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    characters.iter().copied().map(char::from).collect()
}

/// The SHA-256 of a key: looking it up takes the same time whatever was guessed right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub Sha256);

impl KeyHash {
    /// The hash of a key as it was sent.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::of(text.as_bytes()))
    }
}

/// A hash stands for its key in imports and in the database: no need to see it in a log.
impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(****)")
    }
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyRecord {
    /// The key's id: not the secret.
    pub id: KeyId,
    /// The license it opens.
    pub license: LicenseId,
    /// What it is looked up by.
    #[serde(skip)]
    pub hash: KeyHash,
    /// The last four characters, or nothing.
    pub hint: String,
    /// What the seller calls it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Refused after.
    pub expires_at: Option<Timestamp>,
    /// Refused since.
    pub revoked_at: Option<Timestamp>,
    /// Replaced by another key since; it still works until it expires.
    pub rotated_at: Option<Timestamp>,
    /// Last seen, to about ten seconds.
    pub last_used_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_well_formed_and_never_the_same() {
        let key = LicenseKey::generate(&Clock::system());
        assert_eq!(LicenseKey::form(key.reveal()), Form::WellFormed);
        assert_eq!(key.reveal().len(), 42);
        assert_ne!(key, LicenseKey::generate(&Clock::system()));
    }

    #[test]
    fn one_wrong_character_is_recognized() {
        let key = LicenseKey::generate(&Clock::system());
        for position in PREFIX.len()..key.reveal().len() {
            let mut text = key.reveal().as_bytes().to_vec();
            text[position] = if text[position] == b'x' { b'y' } else { b'x' };
            let text = String::from_utf8(text).unwrap();
            assert_eq!(LicenseKey::form(&text), Form::Mistyped);
        }
        assert_eq!(LicenseKey::form("skl_"), Form::Mistyped);
        assert_eq!(LicenseKey::form("skl_ü"), Form::Mistyped);
        assert_eq!(LicenseKey::form("old-system-4711"), Form::Foreign);
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = LicenseKey::generate(&Clock::system());
        assert_eq!(
            format!("{key:?} {:?}", key.hash()),
            "LicenseKey(****) KeyHash(****)"
        );
    }
}
