//! What each command does: calls the server's operations, and turns what comes back into text for
//! people or JSON for programs.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use skep_server::app::App;
use skep_server::clock::Clock;
use skep_server::config::{Config, ConfigError};

use crate::cli::server::LogFormat;
use crate::cli::{Cli, Command};
use crate::output::{Output, hint};
use crate::{env_vars, logging};

mod api_key;
mod audit;
mod backup;
mod completions;
mod customer;
mod db;
mod demo;
mod doctor;
mod export;
mod fetch;
mod import;
mod info;
mod init;
mod job;
mod key;
mod license;
mod login;
mod man;
mod mirrored;
mod oauth_client;
mod package;
mod place;
mod product;
mod publish;
mod registry;
mod repo;
mod restore;
mod search;
mod serve;
mod transfer;
mod usage;
mod user;

/// How a command that could be carried out ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Done,
    /// Something that was checked is not well; it has been said.
    Failed,
}

/// What every command gets.
#[derive(Debug)]
pub(crate) struct Context {
    /// How to speak.
    pub(crate) output: Output,
    /// `--config`
    config: Option<PathBuf>,
}

impl Context {
    /// Where the configuration is, and what says so: `--config`, else SKEP_CONFIG, else ./skep.toml.
    pub(crate) fn config_path(&self) -> (PathBuf, Option<&'static str>) {
        match (&self.config, env_vars::config_file()) {
            (Some(path), _) => (path.clone(), Some("--config")),
            (None, Some(path)) => (path, Some("SKEP_CONFIG")),
            (None, None) => (PathBuf::from("skep.toml"), None),
        }
    }

    /// The configuration.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let (path, named_by) = self.config_path();
        match (Config::load(&path, &env_vars::config_overrides()), named_by) {
            (Err(ConfigError::Missing { path }), Some(named_by)) => Err(misnamed(&path, named_by)),
            (result, _) => Ok(result?),
        }
    }

    /// Opens the configured installation for one command.
    pub(crate) async fn with_app<T>(
        &self,
        command: impl AsyncFnOnce(&App) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let app = App::open(self.config()?, Clock::system()).await?;
        let result = command(&app).await;
        app.db.close().await;
        result
    }
}

fn misnamed(path: &Path, named_by: &str) -> anyhow::Error {
    let error = anyhow::anyhow!(
        "there is no configuration at `{}`, which `{named_by}` names",
        path.display()
    );
    let advice = match named_by {
        "SKEP_CONFIG" => "`unset SKEP_CONFIG` if it is a leftover: then ./skep.toml counts",
        _ => "without it, SKEP_CONFIG or ./skep.toml counts; `skep init` makes one",
    };
    hint(error, advice)
}

/// Carries out what was typed.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let context = Context {
        output: Output::new(cli.json),
        config: cli.config,
    };
    match &cli.command {
        Command::Serve(arguments) => logging::start(arguments.log_format, "info")?,
        Command::Demo(_) => logging::start(LogFormat::Text, "warn")?,
        _ => logging::start(LogFormat::Text, "off")?,
    }
    // It changes the environment, which only one thread may do.
    let handed_over = match &cli.command {
        Command::Serve(_) => serve::handed_over()?,
        _ => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("threads could not be started")?;
    runtime.block_on(dispatch(&context, cli.command, handed_over))
}

async fn dispatch(
    context: &Context,
    command: Command,
    handed_over: Option<TcpListener>,
) -> anyhow::Result<Outcome> {
    match command {
        Command::Demo(arguments) => demo::run(context, arguments).await?,
        Command::Init(arguments) => init::run(context, arguments).await?,
        Command::Serve(arguments) => serve::run(context, arguments, handed_over).await?,
        Command::Publish(arguments) => return publish::run(context, arguments).await,
        Command::Package(command) => package::run(context, command).await?,
        Command::Product(command) => product::run(context, command).await?,
        Command::Customer(command) => customer::run(context, command).await?,
        Command::License(command) => license::run(context, command).await?,
        Command::Key(command) => key::run(context, command).await?,
        Command::User(command) => user::run(context, command).await?,
        Command::ApiKey(command) => api_key::run(context, command).await?,
        Command::OauthClient(command) => oauth_client::run(context, command).await?,
        Command::Usage(arguments) => usage::run(context, arguments).await?,
        Command::Audit(arguments) => audit::run(context, arguments).await?,
        Command::Job(command) => job::run(context, command).await?,
        Command::Import(arguments) => return import::run(context, &arguments).await,
        Command::Export(arguments) => return export::run(context, &arguments).await,
        Command::Registry(command) => return registry::run(context, command).await,
        Command::Doctor(arguments) => return doctor::run(context, arguments).await,
        Command::Backup(arguments) => return backup::run(context, arguments).await,
        Command::Restore(arguments) => return restore::run(context, arguments).await,
        Command::Db(command) => db::run(context, command).await?,
        Command::Login(arguments) => login::log_in(context, arguments).await?,
        Command::Logout(arguments) => login::log_out(context, arguments).await?,
        Command::Whoami(arguments) => login::whoami(context, arguments).await?,
        Command::Search(arguments) => search::run(context, arguments).await?,
        Command::Info(arguments) => info::run(context, arguments).await?,
        Command::Repo(command) => repo::run(context, command).await?,
        Command::Fetch(arguments) => fetch::run(context, arguments).await?,
        Command::Completions(arguments) => completions::run(context, &arguments)?,
        Command::Man(arguments) => man::run(context, &arguments)?,
    }
    Ok(Outcome::Done)
}
