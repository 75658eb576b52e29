//! The login that command-line tools share: finding credentials, refreshing them, one-time passwords, and logging in on
//! a server's page, for [`with_api`] and [`with_repo`].
//!
//! Nothing here reads an environment variable, a terminal, a file or a clock: all that is the caller's, through the
//! [`Callbacks`] in [`Config::cli_auth_callbacks`](crate::Config::cli_auth_callbacks). Underneath is [`Session`], a machine that performs no I/O at
//! all, for those who want to take its steps themselves; [`blocking`] has the same functions for callers without an async
//! runtime. The procedure is that of `hex_cli_auth` in hex_core 0.19, as its code and tests have it.
//!
//! ```no_run
//! # #[cfg(feature = "file-token-store")] mod example {
//! use skep_client::cli_auth::{
//!     self, AuthConfig, Callbacks, CredentialSource, FileTokenStore, LoginReason, Options, OtpReason, Permission,
//!     TokenStore,
//! };
//! use skep_client::api::users;
//! use skep_client::http_client::HttpClient;
//! use skep_client::oauth::DeviceAuthorization;
//! use skep_client::{Config, Error, Secret};
//!
//! struct Tool {
//!     tokens: FileTokenStore,
//! }
//!
//! impl CredentialSource for Tool {
//!     fn auth_config(&self, _repository: &str) -> Option<AuthConfig> {
//!         None // Keys that the tool's own configuration has.
//!     }
//!     fn token_store(&self) -> &dyn TokenStore {
//!         &self.tokens
//!     }
//!     fn client_id(&self) -> String {
//!         "the tool's id at the server".to_owned()
//!     }
//! }
//!
//! impl Callbacks for Tool {
//!     # fn now(&self) -> i64 { 0 }
//!     # fn prompt_otp(&self, _: OtpReason) -> Option<Secret> { None }
//!     fn should_authenticate(&self, reason: LoginReason) -> bool {
//!         eprintln!("{reason:?}: log in?");
//!         true
//!     }
//!     fn show_login(&self, login: &DeviceAuthorization, _open_browser: bool) {
//!         eprintln!("Open {} and compare the code {}", login.verification_uri_complete, login.user_code);
//!     }
//!     // … and the clock and the one-time password.
//! }
//!
//! /// With `config.cli_auth_callbacks` set to an `Arc` of the tool.
//! async fn who_am_i(client: &impl HttpClient, config: &Config) -> Result<String, Error> {
//!     let ask = async |config: Config| {
//!         let response = client.send(users::me_request(&config)?).await?;
//!         Ok::<_, Error>(users::me_response(response)?.username)
//!     };
//!     cli_auth::with_api(client, config, Permission::Read, Options::default(), ask).await
//! }
//! # }
//! ```
//!
//! # Finding credentials for the API ([`resolve_api_auth`])
//!
//! 1. The config's own `api_key`, as it is.
//! 2. The `api_key` of the repository ([`CredentialSource::auth_config`]), as it is.
//! 3. That of the repository above it, and of the next: `acme:a:b`, `acme:a`, `acme`.
//! 4. The login at the API's server:
//!    1. Wait until nobody else, in this process or another, is refreshing it, and read it from the store.
//!    2. Issued by another server: as if there were none.
//!    3. It has [300 seconds](EXPIRY_BUFFER_SECONDS) or more left: use it.
//!    4. Else refresh it and store the new tokens. If the server refuses (or there is no refresh token), clear the
//!       stored ones; if it cannot be reached or fails, keep them. Either way the error is
//!       [`AuthError::TokenRefreshFailed`].
//! 5. None.
//!
//! # Finding credentials for a repository ([`resolve_repo_auth`])
//!
//! 1. The config's own `repo_key`, as it is.
//! 2. Wait until nobody else is doing the following for the same repository.
//! 3. The `repo_key` of the repository, as it is, even if the config is not `trusted`.
//! 4. Not `trusted`: none.
//! 5. The `auth_key` of the repository:
//!    1. Keys are not to be exchanged ([`Config::exchanges_keys`](crate::Config::exchanges_keys)), or there is neither an `oauth_exchange_url` nor is
//!       the repository the API server's own: use the key as it is.
//!    2. There is a token that the exchanging server issued for it, with 300 seconds or more left: use it.
//!    3. Else exchange the key, store the token under the repository's name, and use it. If that fails:
//!       [`AuthError::OAuthExchangeFailed`].
//! 6. Steps 3 to 5 with the repository above it, and the next.
//! 7. The login at the API's server, as above, but only for the server's own repositories: those at the
//!    origin of its API, those whose [`AuthConfig::server`] names it, and hex.pm's. The reference gives it to every
//!    trusted repository, whoever runs it.
//! 8. None.
//!
//! # Using them ([`with_api`], [`with_repo`])
//!
//! 1. Credentials were found: run the operation with them. `with_repo` ends here, whatever comes of it.
//!    - The server wants a one-time password, or another one: ask for it and run the operation again, at most three times.
//!    - The server says that the token has expired: read the stored one again; if somebody has put another one there, use
//!      that, else refresh it. Run the operation again, at most twice; then log in (step 4).
//!    - Anything else is the result.
//! 2. None were found, or the login could not be refreshed, and they are [`optional`](Options::optional): run the operation without. If it is
//!    refused (401), log in (step 4), unless [`auth_inline`](Options::auth_inline) is `Some(false)`: then [`AuthError::NoCredentials`].
//! 3. They are not optional: log in (step 4) if none were found and `auth_inline` lets us, or end with the error.
//! 4. Logging in. A repository that is not the server's own would not get the token, so nobody is asked for
//!    it: the refusal is the result.
//!    1. Wait until nobody else is logging in at this server. If they left credentials other than those that were refused, use them.
//!    2. [`Callbacks::should_authenticate`]; if not: [`AuthError::AuthDeclined`].
//!    3. Ask the server for a code, [show](Callbacks::show_login) it, and ask the server at its pace until somebody has confirmed it.
//!    4. Store the tokens and go on as in step 1.

pub mod blocking;
mod callbacks;
mod driver;
mod effects;
#[cfg(feature = "file-token-store")]
mod entries;
mod error;
#[cfg(feature = "file-token-store")]
mod file_token_store;
mod flow;
#[cfg(feature = "keyring")]
mod keyring_token_store;
mod locks;
mod login;
mod options;
mod resolve;
mod session;
mod step;
mod target;
mod timer;
mod tokens;

pub use callbacks::{AuthConfig, Callbacks, CredentialSource, LockGuard, StoreError, TokenStore};
pub use driver::{Challenged, resolve_api_auth, resolve_repo_auth, with_api, with_repo};
pub use error::AuthError;
#[cfg(feature = "file-token-store")]
pub use file_token_store::FileTokenStore;
#[cfg(feature = "keyring")]
pub use keyring_token_store::KeyringTokenStore;
pub use locks::LockName;
pub use options::{Options, Permission};
pub use session::Session;
pub use step::{
    Attempt, Credentials, Finished, LoginReason, OtpReason, Outcome, Reply, Source, Step,
};
pub use tokens::{EXPIRY_BUFFER_SECONDS, Server, TokenScope, Tokens};
