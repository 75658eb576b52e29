//! License keys: the secret a customer's tools send. Shown once, kept as a SHA-256.

use std::fmt;

use crate::clock::{Clock, Timestamp};
use crate::ids::{KeyId, LicenseId};
use crate::secret_text;
pub use crate::secret_text::{Form, KeyHash};

const PREFIX: &str = "skl_";

/// The secret itself. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseKey(String);

impl fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LicenseKey(****)")
    }
}

impl LicenseKey {
    /// A new key: `skl_`, 32 random base62 characters, and their CRC-32 in six.
    #[must_use]
    pub fn generate(clock: &Clock) -> Self {
        Self(secret_text::generate(PREFIX, clock))
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
        secret_text::hint(&self.0)
    }

    /// What a text looks like.
    #[must_use]
    pub fn form(text: &str) -> Form {
        secret_text::form(PREFIX, text)
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
