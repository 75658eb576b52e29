//! Is it good now? Checking a signature takes a hundred times as long as the rest of a request, so
//! what was verified is remembered by the hash of its text; everything that can change is not.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::{LIFETIME_SECONDS, Subject, Token};
use crate::clock::Timestamp;
use crate::metrics::CacheUse;
use crate::node::Node;
use crate::secret_text::KeyHash;
use crate::snapshot::Snapshot;

/// Some 10 MiB. With more tokens in use, the rest are verified each time.
const REMEMBERED: u64 = 20_000;

/// Why a token is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Somebody else's, or no token at all.
    #[error("this is another server's token")]
    Foreign,
    /// It says it is ours, and is not.
    #[error("this token was not made by this server")]
    Forged,
    /// The clock of the node that made it is far ahead.
    #[error("this token is not good yet")]
    Early,
    /// Its own time is over: the only case in which getting another one helps.
    #[error("this token has expired")]
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// It was given up, or what it stands for is gone.
    #[error("this token has been revoked")]
    Revoked,
}

/// Tokens that were verified before, by the hash of their text.
#[derive(Debug)]
pub struct VerifiedTokens {
    tokens: Cache<KeyHash, Arc<Token>>,
    cache_use: CacheUse,
}

impl VerifiedTokens {
    /// How often a token was verified already.
    #[must_use]
    pub const fn cache_use(&self) -> &CacheUse {
        &self.cache_use
    }
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        let lifetime = Duration::from_secs(LIFETIME_SECONDS.unsigned_abs());
        let tokens = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(lifetime)
            .build();
        Self {
            tokens,
            cache_use: CacheUse::default(),
        }
    }
}

/// The token of a text, if it is good now.
///
/// # Errors
/// Why it is not.
pub fn verify(node: &Node, text: &str) -> Result<Arc<Token>, TokenError> {
    let token = read_hashed(node, KeyHash::of(text), || Some(text))?;
    let (snapshot, now) = (node.snapshot.load(), node.app.clock.now());
    token.check(&snapshot, now)?;
    let Subject::User { user, key } = token.subject else {
        return Ok(token);
    };
    let members = snapshot.members();
    let is_closed = |key: &KeyHash| {
        let found = members.by_api_key(key);
        found.is_some_and(|(_, key)| key.check(now).is_err())
    };
    let is_disabled = members
        .user(user)
        .is_some_and(|it| it.disabled_at.is_some());
    if is_disabled || key.as_ref().is_some_and(is_closed) {
        return Err(TokenError::Revoked);
    }
    Ok(token)
}

/// The token of a text, good or not, whose hash is known; `text` gives it when it was not seen before.
///
/// # Errors
/// It is not one of ours.
pub(crate) fn read_hashed<'a>(
    node: &Node,
    hash: KeyHash,
    text: impl FnOnce() -> Option<&'a str>,
) -> Result<Arc<Token>, TokenError> {
    let known = &node.tokens;
    if let Some(token) = known.tokens.get(&hash) {
        known.cache_use.hit();
        return Ok(token);
    }
    let text = text().ok_or(TokenError::Foreign)?;
    let token = Arc::new(node.app.tokens().read(text)?);
    // Counted once it is known to be a token: most texts in its place are keys.
    known.cache_use.miss();
    known.tokens.insert(hash, Arc::clone(&token));
    Ok(token)
}

impl Token {
    /// Whether it is good at this moment by its own times, and was not given up, as far as the snapshot
    /// knows. What became of whoever it stands for is another question.
    pub(crate) fn check(&self, snapshot: &Snapshot, now: Timestamp) -> Result<(), TokenError> {
        if now >= self.expires_at {
            let since = self.expires_at;
            return Err(TokenError::Expired { since });
        }
        if now < self.not_before {
            return Err(TokenError::Early);
        }
        if snapshot.is_revoked(self.grant) {
            return Err(TokenError::Revoked);
        }
        Ok(())
    }
}
