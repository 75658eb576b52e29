//! The same for callers without an async runtime.

use std::future::ready;

use super::driver::{Driver, Key};
use super::{AuthError, Challenged, Credentials, Options, Permission};
use crate::Config;
use crate::http_client::{Blocking, BlockingHttpClient, run};

/// As [`with_api`](super::with_api).
///
/// # Errors
/// What the last run of `operation` led to, or an [`AuthError`].
pub fn with_api<C, F, V, E>(
    client: &C,
    config: &Config,
    permission: Permission,
    options: Options,
    mut operation: F,
) -> Result<V, E>
where
    C: BlockingHttpClient,
    F: FnMut(Config) -> Result<V, E>,
    E: Challenged + From<AuthError>,
{
    let client = Blocking(client);
    let driver = Driver::blocking(&client, config, options)?;
    let session = driver.session(Key::Api, permission, options);
    run(driver.run(session, Key::Api, |config| ready(operation(config))))
}

/// As [`with_repo`](super::with_repo).
///
/// # Errors
/// What the last run of `operation` led to, or an [`AuthError`].
pub fn with_repo<C, F, V, E>(
    client: &C,
    config: &Config,
    options: Options,
    mut operation: F,
) -> Result<V, E>
where
    C: BlockingHttpClient,
    F: FnMut(Config) -> Result<V, E>,
    E: Challenged + From<AuthError>,
{
    let client = Blocking(client);
    let driver = Driver::blocking(&client, config, options)?;
    let session = driver.session(Key::Repo, Permission::Read, options);
    run(driver.run(session, Key::Repo, |config| ready(operation(config))))
}

/// As [`resolve_api_auth`](super::resolve_api_auth).
///
/// # Errors
/// There are credentials, but they are of no use any more.
pub fn resolve_api_auth<C: BlockingHttpClient>(
    client: &C,
    config: &Config,
    _permission: Permission,
) -> Result<Option<Credentials>, AuthError> {
    let client = Blocking(client);
    run(Driver::blocking(&client, config, Options::default())?.resolve(Key::Api))
}

/// As [`resolve_repo_auth`](super::resolve_repo_auth).
///
/// # Errors
/// There are credentials, but they are of no use any more, or cannot be exchanged.
pub fn resolve_repo_auth<C: BlockingHttpClient>(
    client: &C,
    config: &Config,
) -> Result<Option<Credentials>, AuthError> {
    let client = Blocking(client);
    run(Driver::blocking(&client, config, Options::default())?.resolve(Key::Repo))
}
