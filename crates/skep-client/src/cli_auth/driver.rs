//! Drives sessions with the callbacks of a config.

use std::sync::Arc;

use super::timer::{BlockingTimer, ThreadTimer, Timer};
use super::{
    Attempt, AuthError, Callbacks, CredentialSource, Credentials, Finished, Options, Outcome,
    Permission, Reply, Session, Step,
};
use crate::http_client::HttpClient;
use crate::{Config, Error};

/// An operation's error, as far as credentials are concerned.
pub trait Challenged {
    /// How the server refused, or [`Outcome::Finished`] if something else is wrong.
    fn outcome(&self) -> Outcome;
}

impl Challenged for Error {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Api(error) => Outcome::of_kind(&error.kind),
            error if error.is_unauthorized() => Outcome::Unauthorized,
            _ => Outcome::Finished,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Key {
    Api,
    Repo,
}

pub(super) struct Driver<'a, C, T> {
    client: &'a C,
    timer: T,
    callbacks: Arc<dyn Callbacks>,
    config: &'a Config,
    open_browser: bool,
}

/// Runs `operation`, which uses the HTTP API, with the credentials that it needs: step by step as the
/// [module](super) says. It may be run several times.
///
/// The callbacks are those of the config, `cli_auth_callbacks`. Dropping the future gives up its locks and
/// leaves the stored tokens as they are.
///
/// # Errors
/// What the last run of `operation` led to, or an [`AuthError`].
pub async fn with_api<C, F, R, V, E>(
    client: &C,
    config: &Config,
    permission: Permission,
    options: Options,
    operation: F,
) -> Result<V, E>
where
    C: HttpClient,
    F: FnMut(Config) -> R,
    R: Future<Output = Result<V, E>>,
    E: Challenged + From<AuthError>,
{
    let driver = Driver::new(client, ThreadTimer, config, options)?;
    let session = driver.session(Key::Api, permission, options);
    driver.run(session, Key::Api, operation).await
}

/// Runs `operation`, which uses the repository, with the credentials that it needs: step by step as the
/// [module](super) says. Otherwise as [`with_api`].
///
/// # Errors
/// What the last run of `operation` led to, or an [`AuthError`].
pub async fn with_repo<C, F, R, V, E>(
    client: &C,
    config: &Config,
    options: Options,
    operation: F,
) -> Result<V, E>
where
    C: HttpClient,
    F: FnMut(Config) -> R,
    R: Future<Output = Result<V, E>>,
    E: Challenged + From<AuthError>,
{
    let driver = Driver::new(client, ThreadTimer, config, options)?;
    let session = driver.session(Key::Repo, Permission::Read, options);
    driver.run(session, Key::Repo, operation).await
}

/// Finds the credentials for the HTTP API, and refreshes them if need be; asks nobody. `None` if there are none.
///
/// # Errors
/// There are credentials, but they are of no use any more.
pub async fn resolve_api_auth<C: HttpClient>(
    client: &C,
    config: &Config,
    _permission: Permission,
) -> Result<Option<Credentials>, AuthError> {
    let driver = Driver::new(client, ThreadTimer, config, Options::default())?;
    driver.resolve(Key::Api).await
}

/// Finds the credentials for the repository, and exchanges or refreshes them if need be; asks nobody. `None`
/// if there are none.
///
/// # Errors
/// There are credentials, but they are of no use any more, or cannot be exchanged.
pub async fn resolve_repo_auth<C: HttpClient>(
    client: &C,
    config: &Config,
) -> Result<Option<Credentials>, AuthError> {
    let driver = Driver::new(client, ThreadTimer, config, Options::default())?;
    driver.resolve(Key::Repo).await
}

impl<'a, C: HttpClient> Driver<'a, C, BlockingTimer> {
    pub(super) fn blocking(
        client: &'a C,
        config: &'a Config,
        options: Options,
    ) -> Result<Self, AuthError> {
        Self::new(client, BlockingTimer, config, options)
    }
}

impl<'a, C: HttpClient, T: Timer> Driver<'a, C, T> {
    fn new(
        client: &'a C,
        timer: T,
        config: &'a Config,
        options: Options,
    ) -> Result<Self, AuthError> {
        let callbacks = config.cli_auth_callbacks.clone();
        Ok(Self {
            client,
            timer,
            callbacks: callbacks.ok_or(AuthError::NoCallbacks)?,
            config,
            open_browser: options.open_browser,
        })
    }

    fn source(&self) -> Arc<dyn CredentialSource> {
        Arc::clone(&self.callbacks) as Arc<dyn CredentialSource>
    }

    pub(super) fn session(&self, key: Key, permission: Permission, options: Options) -> Session {
        let (source, config) = (self.source(), self.config.clone());
        match key {
            Key::Api => Session::api(source, config, permission, options),
            Key::Repo => Session::repo(source, config, options),
        }
    }

    pub(super) async fn resolve(&self, key: Key) -> Result<Option<Credentials>, AuthError> {
        let (source, config) = (self.source(), self.config.clone());
        let mut session = match key {
            Key::Api => Session::resolve_api(source, config),
            Key::Repo => Session::resolve_repo(source, config),
        };
        let mut step = session.start(self.callbacks.now());
        loop {
            let reply = match step {
                Step::Done(result) => return result.map(|finished| finished.credentials),
                step => self.reply(step).await,
            };
            step = session.resume(self.callbacks.now(), reply);
        }
    }

    pub(super) async fn run<F, R, V, E>(
        &self,
        mut session: Session,
        key: Key,
        mut operation: F,
    ) -> Result<V, E>
    where
        F: FnMut(Config) -> R,
        R: Future<Output = Result<V, E>>,
        E: Challenged + From<AuthError>,
    {
        let mut last = None;
        let mut step = session.start(self.callbacks.now());
        loop {
            let reply = match step {
                Step::Done(result) => return end(result, last),
                Step::Attempt(attempt) => {
                    let result = operation(with_attempt(self.config, key, attempt)).await;
                    let outcome = result.as_ref().err().map_or(Outcome::Finished, E::outcome);
                    last = Some(result);
                    Reply::Outcome(outcome)
                }
                step => self.reply(step).await,
            };
            step = session.resume(self.callbacks.now(), reply);
        }
    }

    /// Does what every session may want.
    async fn reply(&self, step: Step) -> Reply {
        match step {
            Step::Send(request) => match self.client.send(request).await {
                Ok(response) => Reply::Response(response),
                Err(error) => Reply::SendFailed(error),
            },
            Step::NeedOtp(reason) => Reply::Otp(self.callbacks.prompt_otp(reason)),
            Step::NeedLogin(reason) => Reply::Login(self.callbacks.should_authenticate(reason)),
            Step::ShowLogin(login) => {
                self.callbacks.show_login(&login, self.open_browser);
                Reply::Proceed
            }
            Step::Wait(time) => {
                self.timer.wait(time).await;
                Reply::Proceed
            }
            // Nobody asks for a reply to these; the session would say that it is out of step.
            Step::Attempt(_) | Step::Done(_) => Reply::Proceed,
        }
    }
}

fn end<V, E: From<AuthError>>(
    result: Result<Finished, AuthError>,
    last: Option<Result<V, E>>,
) -> Result<V, E> {
    result?;
    last.unwrap_or_else(|| Err(AuthError::OutOfStep.into()))
}

fn with_attempt(config: &Config, key: Key, attempt: Attempt) -> Config {
    let mut config = config.clone();
    let authorization = attempt.credentials.map(|found| found.authorization);
    if let Some(authorization) = authorization {
        match key {
            Key::Api => config.api_key = Some(authorization),
            Key::Repo => config.repo_key = Some(authorization),
        }
    }
    config.api_otp = attempt.otp.or(config.api_otp);
    config
}
