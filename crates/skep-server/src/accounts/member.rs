//! Users and their API keys as the snapshot holds them: what the repository needs to let a seller's own
//! developers in without asking the database.

use std::collections::HashMap;
use std::sync::Arc;

use crate::accounts::api_key::KeyClosed;
use crate::accounts::permission::Permissions;
use crate::accounts::role::Role;
use crate::clock::Timestamp;
use crate::ids::{ApiKeyId, UserId};
use crate::secret_text::KeyHash;

/// What a decision needs of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// The user's id.
    pub id: UserId,
    /// What they are called.
    pub username: Arc<str>,
    /// What they may.
    pub role: Role,
    /// They may nothing since then.
    pub disabled_at: Option<Timestamp>,
}

/// What a decision needs of an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyFacts {
    /// The key's id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub user: UserId,
    /// What it is looked up by.
    pub hash: KeyHash,
    /// What it may be used for.
    pub permissions: Permissions,
    /// Refused after.
    pub expires_at: Option<Timestamp>,
    /// Refused since.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKeyFacts {
    /// Whether it opens something now.
    ///
    /// # Errors
    /// Why not, and since when.
    pub fn check(&self, now: Timestamp) -> Result<(), KeyClosed> {
        KeyClosed::check(self.revoked_at, self.expires_at, now)
    }
}

/// Every user and every API key.
#[derive(Clone, Debug, Default)]
pub struct Members {
    users: HashMap<UserId, UserFacts>,
    api_keys: HashMap<KeyHash, ApiKeyFacts>,
}

impl Members {
    /// A user.
    #[must_use]
    pub fn user(&self, id: UserId) -> Option<&UserFacts> {
        self.users.get(&id)
    }

    /// An API key and whose it is, whatever the state of both; `None` when it was never issued.
    #[must_use]
    pub fn by_api_key(&self, hash: &KeyHash) -> Option<(&UserFacts, &ApiKeyFacts)> {
        let key = self.api_keys.get(hash)?;
        Some((self.users.get(&key.user)?, key))
    }

    /// Adds or changes a user.
    pub(crate) fn put_user(&mut self, user: UserFacts) {
        self.users.insert(user.id, user);
    }

    /// Takes a user away.
    pub(crate) fn remove_user(&mut self, id: UserId) {
        self.users.remove(&id);
    }

    /// Adds or changes an API key.
    pub(crate) fn put_api_key(&mut self, key: ApiKeyFacts) {
        self.api_keys.insert(key.hash, key);
    }

    /// Takes an API key away.
    pub(crate) fn remove_api_key(&mut self, id: ApiKeyId) {
        self.api_keys.retain(|_, key| key.id != id);
    }
}
