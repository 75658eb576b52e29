//! Who is it? For everything but the repository, which answers without the database.

use std::net::IpAddr;

use crate::accounts::api_key::KeyClosed;
use crate::accounts::caller::{Caller, Via};
use crate::db::{self, DbError};
use crate::node::Node;
use crate::secret_text::KeyHash;

/// Why nobody is authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// No credential, or an empty one.
    #[error("authentication required: send an API key or a token")]
    Missing,
    /// Nobody ever issued it.
    #[error("invalid API key or token")]
    Unknown,
    /// It was closed, or its time is over.
    #[error(transparent)]
    Closed(#[from] KeyClosed),
    /// Whoever it belongs to may nothing anymore.
    #[error("account `{0}` is disabled")]
    Disabled(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The user whose API key has this hash.
///
/// # Errors
/// The key opens nothing.
pub async fn by_api_key(
    node: &Node,
    hash: KeyHash,
    (address, user_agent): (IpAddr, String),
) -> Result<Caller, AuthenticationError> {
    let mut conn = node.app.db.read().await?;
    let key = db::api_keys::find_by_hash(&mut conn, hash)
        .await?
        .ok_or(AuthenticationError::Unknown)?;
    key.check(node.app.clock.now())?;
    let user = db::users::find(&mut conn, key.user)
        .await?
        .ok_or(AuthenticationError::Unknown)?;
    if user.is_disabled() {
        return Err(AuthenticationError::Disabled(user.username));
    }
    Ok(Caller {
        user,
        via: Via::ApiKey(key.id),
        permissions: key.permissions,
        address,
        user_agent,
    })
}
