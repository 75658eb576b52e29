use super::StoreError;
use crate::Error;

/// Why there are no credentials to go on with. Holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Nothing is configured, nobody is logged in, and nobody may be asked.
    #[error("there are no credentials for this request")]
    NoCredentials,
    /// Somebody was asked to log in and would not.
    #[error("the login was declined")]
    AuthDeclined,
    /// Somebody was asked for a one-time password and gave none.
    #[error("no one-time password was given")]
    OtpCancelled,
    /// As many one-time passwords as may be tried were wrong.
    #[error("the one-time password was wrong too often")]
    OtpMaxRetries,
    /// The login has expired and cannot be prolonged. The cause is what the server says, or why it could not be asked;
    /// there is none for a login that has no refresh token.
    #[error("the login has expired and could not be refreshed")]
    TokenRefreshFailed(#[source] Option<Box<Error>>),
    /// Nobody confirmed the login in time.
    #[error("nobody confirmed the login in time")]
    DeviceAuthTimeout,
    /// Somebody refused the login on the server's page.
    #[error("the login was refused on the server's page")]
    DeviceAuthDenied,
    /// The server does not let us log in this way, or could not be reached.
    #[error("the login failed")]
    DeviceAuthFailed(#[source] Box<Error>),
    /// The repository's key could not be exchanged for a token.
    #[error("the repository's key could not be exchanged for a token")]
    OAuthExchangeFailed(#[source] Box<Error>),
    /// A request for tokens could not be made.
    #[error("a request for tokens could not be made")]
    Request(#[source] Box<Error>),
    /// Stored tokens could not be read, written or locked.
    #[error("the stored tokens could not be used")]
    Store(#[source] StoreError),
    /// The config has no `cli_auth_callbacks`.
    #[error("the config has no `cli_auth_callbacks`")]
    NoCallbacks,
    /// A [`Session`](super::Session) was given an answer to another question than it asked.
    #[error("the answer does not fit the step that asked for it")]
    OutOfStep,
}
