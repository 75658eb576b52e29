//! Why a client is not given what it asks for.

use crate::db::DbError;
use crate::licensing::limits::OverLimit;
use crate::oauth::device::NotYet;
use crate::oauth::grants::Over;
use crate::oauth::scopes::ScopeError;

/// Why there is no token, or no login to wait for.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// The request lacks something.
    #[error("`{0}` is missing or empty")]
    Missing(&'static str),
    /// The request has something else there.
    #[error("`{0}` is not a text")]
    NotAText(&'static str),
    /// A way to get tokens that is not offered.
    #[error(
        "the grant type `{0}` is not offered here: there are `urn:ietf:params:oauth:grant-type:device_code`, \
         `refresh_token` and `client_credentials`"
    )]
    UnsupportedGrant(String),
    /// No such program.
    #[error("there is no such client here, or it has been revoked")]
    UnknownClient,
    /// Not a key of ours.
    #[error("unknown or incorrect key")]
    UnknownKey,
    /// It was one.
    #[error("this API key has been revoked or has expired, or its user is disabled")]
    DeadApiKey,
    /// It was one.
    #[error("{0}")]
    DeadLicenseKey(String),
    /// Not to be granted.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// No login waits with this code.
    #[error("there is no such device code, or it was given to another client")]
    UnknownDeviceCode,
    /// Not now, or never.
    #[error(transparent)]
    NotYet(#[from] NotYet),
    /// Not a refresh token of ours.
    #[error("there is no such refresh token, or it was given to another client")]
    UnknownRefreshToken,
    /// Two have it.
    #[error("this refresh token was used before, so somebody may have copied it: log in again")]
    Replayed,
    /// The login is over.
    #[error(transparent)]
    Over(#[from] Over),
    /// Whoever logged in may nothing anymore.
    #[error("the user of this login is disabled")]
    UserDisabled,
    /// Too many wrong ones.
    #[error("too many attempts from this address: try again in {retry_after_seconds} seconds")]
    TooMany {
        /// When the next one is looked at.
        retry_after_seconds: u32,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<OverLimit> for OAuthError {
    fn from(error: OverLimit) -> Self {
        Self::TooMany {
            retry_after_seconds: error.retry_after_seconds(),
        }
    }
}
