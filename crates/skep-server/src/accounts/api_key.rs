//! API keys: the secret a user's tools send. Shown once, kept as a SHA-256.

use std::fmt;

use serde::Serialize;

use crate::accounts::permission::Permissions;
use crate::clock::{Clock, Timestamp};
use crate::ids::{ApiKeyId, UserId};
use crate::secret_text::{self, Form, KeyHash};

const PREFIX: &str = "ska_";

/// The secret itself: `ska_`, 32 base62 characters and six of checksum. It has no `Display`, and its
/// `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(****)")
    }
}

impl ApiKey {
    /// A new key.
    #[must_use]
    pub fn generate(clock: &Clock) -> Self {
        Self(secret_text::generate(PREFIX, clock))
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

    /// What a text looks like.
    #[must_use]
    pub fn form(text: &str) -> Form {
        secret_text::form(PREFIX, text)
    }
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiKeyRecord {
    /// The key's id: not the secret.
    pub id: ApiKeyId,
    /// Whose it is.
    pub user: UserId,
    /// What its user calls it: among the user's live keys it is the only one of that name.
    pub name: String,
    /// What it is looked up by.
    #[serde(skip)]
    pub hash: KeyHash,
    /// The last four characters.
    pub hint: String,
    /// What it may be used for.
    pub permissions: Permissions,
    /// When it was made.
    pub created_at: Timestamp,
    /// Refused after.
    pub expires_at: Option<Timestamp>,
    /// Refused since.
    pub revoked_at: Option<Timestamp>,
    /// Last seen, to about ten seconds.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKeyRecord {
    /// A new key and its secret.
    #[must_use]
    pub fn new(
        clock: &Clock,
        user: UserId,
        name: String,
        permissions: Permissions,
        expires_at: Option<Timestamp>,
    ) -> (Self, ApiKey) {
        let secret = ApiKey::generate(clock);
        let record = Self {
            id: ApiKeyId::new(clock),
            user,
            name,
            hash: secret.hash(),
            hint: secret_text::hint(secret.reveal()),
            permissions,
            created_at: clock.now(),
            expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        (record, secret)
    }

    /// Whether it opens something now.
    ///
    /// # Errors
    /// Why not, and since when.
    pub fn check(&self, now: Timestamp) -> Result<(), KeyClosed> {
        KeyClosed::check(self.revoked_at, self.expires_at, now)
    }
}

/// Why an API key opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyClosed {
    /// Somebody closed it.
    #[error("API key was revoked on {}", .since.date())]
    Revoked {
        /// Since when.
        since: Timestamp,
    },
    /// Its time is over.
    #[error("API key expired on {}", .since.date())]
    Expired {
        /// Since when.
        since: Timestamp,
    },
}

impl KeyClosed {
    /// Whether a key with these dates opens something.
    ///
    /// # Errors
    /// Why not.
    pub fn check(
        revoked_at: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Self> {
        match (revoked_at, expires_at) {
            (Some(since), _) => Err(Self::Revoked { since }),
            (None, Some(since)) if now > since => Err(Self::Expired { since }),
            (None, _) => Ok(()),
        }
    }
}
