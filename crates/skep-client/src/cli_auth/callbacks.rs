use std::any::Any;
use std::error::Error;
use std::fmt;

use super::{LockName, LoginReason, OtpReason, Server, TokenScope, Tokens};
use crate::Secret;
use crate::oauth::DeviceAuthorization;

/// Why a store could not do what it was asked; must hold no secret.
pub type StoreError = Box<dyn Error + Send + Sync>;

/// What is given up by dropping it.
pub type LockGuard = Box<dyn Any + Send>;

/// What is configured for one repository. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthConfig {
    /// For the HTTP API, sent as it is.
    pub api_key: Option<Secret>,
    /// For the repository, sent as it is, whether the repository is trusted or not.
    pub repo_key: Option<Secret>,
    /// For a trusted repository: exchanged for a token or sent as it is.
    pub auth_key: Option<Secret>,
    /// What `auth_key` was exchanged for, if the caller keeps it here and not in the [`TokenStore`].
    pub oauth_token: Option<Tokens>,
    /// The server this repository belongs to, where its URL does not show it. A login at that server
    /// then opens the repository.
    pub server: Option<Server>,
}

/// Where tokens are kept between runs.
///
/// [`FileTokenStore`](super::FileTokenStore) is one (feature `file-token-store`).
pub trait TokenStore: Send + Sync {
    /// The tokens of `scope`. Called anew each time: another process may have changed them.
    fn load(&self, scope: &TokenScope) -> Result<Option<Tokens>, StoreError>;

    /// Keeps `tokens` for `scope` in place of those that are there.
    fn persist(&self, scope: &TokenScope, tokens: &Tokens) -> Result<(), StoreError>;

    /// Forgets the tokens of `scope`, which the server no longer takes.
    fn clear(&self, _scope: &TokenScope) -> Result<(), StoreError> {
        Ok(())
    }

    /// Takes a lock that other processes see, or says with `None` that somebody has it. Must not wait.
    ///
    /// Within the process callers already exclude each other; a store that only one process uses need not do
    /// anything.
    fn try_lock(&self, _name: &LockName) -> Result<Option<LockGuard>, StoreError> {
        Ok(Some(Box::new(())))
    }
}

/// Where credentials come from. A [`Session`](super::Session) needs no more than this.
pub trait CredentialSource: Send + Sync {
    /// What is configured for the repository called `repository`, such as `hexpm` or `hexpm:acme`.
    fn auth_config(&self, repository: &str) -> Option<AuthConfig>;

    /// Where tokens are kept.
    fn token_store(&self) -> &dyn TokenStore;

    /// The id this program has at OAuth servers.
    fn client_id(&self) -> String;

    /// What a login is called in the list of sessions, such as the name of this machine.
    fn device_name(&self) -> Option<String> {
        None
    }
}

/// What a command-line tool does for [`with_api`](super::with_api) and its siblings: the clock, the
/// terminal and the credentials are the tool's.
///
/// All methods may block: asking somebody something takes its time.
pub trait Callbacks: CredentialSource {
    /// The time, in Unix seconds.
    fn now(&self) -> i64;

    /// Asks for a one-time password; `None` gives up.
    fn prompt_otp(&self, reason: OtpReason) -> Option<Secret>;

    /// Asks whether to log in now.
    fn should_authenticate(&self, reason: LoginReason) -> bool;

    /// Says where to log in, and opens a browser there if `open_browser`. Must not wait for the login.
    fn show_login(&self, login: &DeviceAuthorization, open_browser: bool);
}

impl fmt::Debug for dyn Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callbacks")
    }
}
