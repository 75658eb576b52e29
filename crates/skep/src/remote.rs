//! Other servers: how to speak to them, as whom, and what to say when they refuse.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use skep_client::cli_auth::{self, AuthError, FileTokenStore, Options as AuthOptions, Permission};
use skep_client::transport::{Options, ProxySettings, Transport};
use skep_client::{Config, Error};

use crate::env_vars;
use crate::output::{Output, hint};
use crate::servers::{HEXPM, RepositoryRef, ServerRef, Servers, ServersError};
use crate::terminal::{LoginHabits, Terminal, has_person};

/// How this program introduces itself.
pub(crate) const USER_AGENT: &str = concat!("skep/", env!("CARGO_PKG_VERSION"));

/// What sends requests, through the system's proxy if there is one.
pub(crate) fn transport() -> Result<Transport, Error> {
    let options = Options {
        proxy: ProxySettings::System,
        ..Options::default()
    };
    Ok(Transport::with_options(USER_AGENT, options)?)
}

/// Where this user's servers and logins are.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// This user's.
    ///
    /// # Errors
    /// There is no home directory.
    pub(crate) fn own() -> anyhow::Result<Self> {
        env_vars::config_folder().map(Self)
    }

    /// The servers.
    pub(crate) fn servers(&self) -> PathBuf {
        self.0.join("servers.toml")
    }

    /// The logins.
    pub(crate) fn tokens(&self) -> FileTokenStore {
        FileTokenStore::new(self.0.join("tokens.json"))
    }
}

/// A server, ready to be asked something.
#[derive(Debug)]
pub(crate) struct Remote {
    /// What sends.
    pub(crate) transport: Transport,
    /// The server, with the person at the terminal as its `cli_auth_callbacks`.
    pub(crate) config: Config,
    /// What the command line calls it.
    pub(crate) name: String,
    /// Whether a browser may be opened.
    pub(crate) open_browser: bool,
    may_log_in: bool,
    has_kept_api_key: bool,
    /// What the server said last when it wanted other credentials.
    refusal: Mutex<Option<String>>,
}

/// How a command speaks, and how a login is made.
#[derive(Debug)]
pub(crate) struct Habits {
    /// How to speak.
    pub(crate) output: Output,
    /// How a login is made.
    pub(crate) login: LoginHabits,
}

impl From<Output> for Habits {
    fn from(output: Output) -> Self {
        let login = LoginHabits::default();
        Self { output, login }
    }
}

impl Remote {
    /// The server of which a command needs the API.
    ///
    /// # Errors
    /// Nobody has added it, or it is not known to have one.
    pub(crate) fn server(server: &ServerRef, habits: impl Into<Habits>) -> anyhow::Result<Self> {
        let folder = Folder::own()?;
        let servers = Servers::load(&folder.servers())?;
        let mut config = match server_name(&servers, server) {
            Some(name) if !servers.has_api(&name) => return Err(without_api(&servers, &name)),
            Some(name) => known(servers.config(&name))?,
            None => Config::new(&server.to_string(), &server.to_string())?,
        };
        let habits = habits.into();
        // What the environment says of this one command goes before what is kept.
        config.api_key = env_vars::api_key().filter(|_| !habits.login.is_wanted);
        Self::new(config, server.to_string(), habits, servers, &folder)
    }

    /// The repository from which a command fetches.
    ///
    /// # Errors
    /// Nobody has added it.
    pub(crate) fn repository(
        name: &RepositoryRef,
        habits: impl Into<Habits>,
    ) -> anyhow::Result<Self> {
        let folder = Folder::own()?;
        let servers = Servers::load(&folder.servers())?;
        let config = known(servers.config(name))?;
        let has_api = servers.has_api(name);
        let mut remote = Self::new(config, name.to_string(), habits.into(), servers, &folder)?;
        remote.may_log_in &= has_api;
        Ok(remote)
    }

    fn new(
        mut config: Config,
        name: String,
        habits: Habits,
        servers: Servers,
        folder: &Folder,
    ) -> anyhow::Result<Self> {
        let may_log_in = habits.login.is_wanted || has_person();
        let kept = servers.auth_config(&name);
        let has_kept_api_key = kept.is_some_and(|kept| kept.api_key.is_some());
        config.user_agent_fragment = USER_AGENT.to_owned();
        // Every server takes a key as it is. Few exchange it, and those want to know this program first.
        config.oauth_exchange = Some(false);
        config.cli_auth_callbacks = Some(Arc::new(Terminal {
            servers,
            tokens: folder.tokens(),
            output: habits.output,
            login: habits.login,
        }));
        Ok(Self {
            transport: transport()?,
            config,
            name,
            open_browser: true,
            may_log_in,
            has_kept_api_key,
            refusal: Mutex::new(None),
        })
    }

    /// Does something with the API, with the credentials that it needs. What is `optional` is tried without them first.
    ///
    /// # Errors
    /// What the server says, or why there are no credentials.
    pub(crate) async fn api<T, R>(
        &self,
        permission: Permission,
        is_optional: bool,
        operation: impl Fn(Config) -> R,
    ) -> anyhow::Result<T>
    where
        R: Future<Output = Result<T, Error>>,
    {
        let options = AuthOptions {
            optional: Some(is_optional),
            auth_inline: Some(self.may_log_in),
            open_browser: self.open_browser,
        };
        let watched = |config| self.watched(operation(config));
        let done = cli_auth::with_api(&self.transport, &self.config, permission, options, watched);
        done.await.map_err(|error| self.explained(error, Side::Api))
    }

    /// Does something with the repository, with the credentials that it needs.
    ///
    /// # Errors
    /// What the server says, or why there are no credentials.
    pub(crate) async fn repo<T, R>(&self, operation: impl Fn(Config) -> R) -> anyhow::Result<T>
    where
        R: Future<Output = Result<T, Error>>,
    {
        let options = AuthOptions {
            // Unset, they are asked only after the repository has refused.
            auth_inline: (!self.may_log_in).then_some(false),
            open_browser: self.open_browser,
            ..AuthOptions::default()
        };
        let watched = |config| self.watched(operation(config));
        let done = cli_auth::with_repo(&self.transport, &self.config, options, watched);
        done.await
            .map_err(|error| self.explained(error, Side::Repo))
    }

    /// Remembers what the server says of missing credentials: it says best what is missing.
    async fn watched<T>(
        &self,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let result = operation.await;
        if let Err(error) = &result
            && error.is_unauthorized()
        {
            let mut refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
            *refusal = Some(error.to_string());
        }
        result
    }

    fn explained(&self, error: Error, side: Side) -> anyhow::Error {
        let is_unauthorized = error.is_unauthorized();
        let Error::Auth(auth) = &error else {
            return match (is_unauthorized, side) {
                (true, Side::Api) if self.has_api_key() => hint(error, self.other_key()),
                (true, side) => hint(error, self.remedy(side)),
                (false, Side::Api) if wants_second_factor(&error) => {
                    hint(error, self.second_factor())
                }
                (false, _) => error.into(),
            };
        };
        match auth {
            AuthError::NoCredentials | AuthError::AuthDeclined => {
                let mut refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
                let said = refusal.take().map(anyhow::Error::msg);
                let nobody = || self.nobody(side).unwrap_or_else(|| error.into());
                hint(said.unwrap_or_else(nobody), self.remedy(side))
            }
            AuthError::TokenRefreshFailed(_) => hint(error, self.remedy(side)),
            AuthError::OtpCancelled if !has_person() => hint(
                error,
                "it can only be typed at a terminal; an API key in SKEP_API_KEY needs none",
            ),
            _ => error.into(),
        }
    }

    fn nobody(&self, side: Side) -> Option<anyhow::Error> {
        let url = &self.config.api_url;
        let error = || anyhow::anyhow!("nobody is logged in at `{url}`");
        matches!(side, Side::Api).then(error)
    }

    fn has_api_key(&self) -> bool {
        self.config.api_key.is_some() || self.has_kept_api_key
    }

    fn other_key(&self) -> String {
        let is_from_environment = env_vars::api_key().is_some();
        let place = if is_from_environment {
            " in SKEP_API_KEY"
        } else {
            ""
        };
        format!(
            "the API key{place} is wrong, closed or of another server; a new one is made at {}",
            self.account()
        )
    }

    fn second_factor(&self) -> String {
        format!(
            "set it up at {}; in CI, an API key in SKEP_API_KEY needs none",
            self.account()
        )
    }

    /// The page of whoever has an account there.
    fn account(&self) -> String {
        let api = self.config.api_url.as_str();
        format!("{}/account", api.strip_suffix("/api").unwrap_or(api))
    }

    fn remedy(&self, side: Side) -> String {
        let name = &self.name;
        match side {
            Side::Api => format!(
                "`skep login --server {name}`; where nobody can, as in CI, set SKEP_API_KEY"
            ),
            Side::Repo if self.config.repo_name == HEXPM => format!(
                "`skep login`, or `skep repo add {name} --auth-key-file FILE` with a key for it"
            ),
            Side::Repo => format!(
                "`skep repo add {name} {} --auth-key-file FILE …` with a key for it",
                self.config.repo_url
            ),
        }
    }
}

/// Hex's servers say it with these words only.
fn wants_second_factor(error: &Error) -> bool {
    error.is_forbidden()
        && error
            .to_string()
            .contains("Two-factor authentication must be")
}

/// Which half of a server refused.
#[derive(Debug, Clone, Copy)]
enum Side {
    Api,
    Repo,
}

fn server_name(servers: &Servers, server: &ServerRef) -> Option<RepositoryRef> {
    match server {
        ServerRef::Named(name) => Some(name.clone()),
        ServerRef::Url(url) => servers.at(url),
    }
}

fn known(config: Result<Config, ServersError>) -> anyhow::Result<Config> {
    config.map_err(|error| match error {
        ServersError::Unknown(_) => hint(
            error,
            "`skep repo list` has those there are, `skep repo add` adds one",
        ),
        error => error.into(),
    })
}

fn without_api(servers: &Servers, name: &RepositoryRef) -> anyhow::Error {
    if let Err(error) = known(servers.config(name)) {
        return error;
    }
    let error = anyhow::anyhow!("nobody has said where the HTTP API of `{name}` is");
    hint(error, "`skep repo add` it again, with --api-url URL")
}

/// Does something until it is done or somebody has had enough; what was begun is then taken back.
///
/// # Errors
/// What went wrong, or that it was interrupted.
pub(crate) async fn unless_interrupted<T>(
    operation: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        result = operation => result,
        () = interruption() => Err(anyhow::anyhow!("interrupted")),
    }
}

#[cfg(unix)]
async fn interruption() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interruption() {
    let _ = tokio::signal::ctrl_c().await;
}
