//! `skep repo`

use serde::Serialize;
use skep_client::cli_auth::{Server, TokenScope, TokenStore as _};
use skep_client::repository::fetch;
use skep_client::{Config, Error, Secret};
use skep_formats::key::PublicKey;

use super::Context;
use super::login::read_secret;
use crate::cli::client::{Repo, RepoAdd, RepoRemove};
use crate::env_vars;
use crate::output::{hint, table, wrong_usage};
use crate::remote::{Folder, USER_AGENT, transport, unless_interrupted};
use crate::servers::{Entry, HEXPM, RepositoryRef, Servers, ServersError};

pub(super) async fn run(context: &Context, command: Repo) -> anyhow::Result<()> {
    match command {
        Repo::Add(arguments) => unless_interrupted(add(context, arguments)).await,
        Repo::List => list(context),
        Repo::Remove(arguments) => remove(context, &arguments),
    }
}

/// A repository as programs get it. Nobody gets a key.
#[derive(Serialize)]
struct Shown {
    name: RepositoryRef,
    url: String,
    api_url: Option<String>,
    fingerprint: Option<String>,
    auth_key: Option<&'static str>,
    api_key: Option<&'static str>,
    is_logged_in: bool,
}

async fn add(context: &Context, arguments: RepoAdd) -> anyhow::Result<()> {
    check(&arguments)?;
    let path = Folder::own()?.servers();
    let name = &arguments.name;
    let entry = Entry {
        auth_key: auth_key(&arguments)?,
        url: arguments.url.clone(),
        api_url: arguments.api_url.clone(),
        ..Entry::default()
    };
    let mut planned = Servers::load(&path)?;
    let entry = Entry {
        api_key: kept_api_key(&mut planned, name, &entry),
        ..entry
    };
    let config = planned.config(name)?;
    let public_key = public_key(&arguments, &entry, config).await?;
    let entry = Entry {
        public_key,
        ..entry
    };
    let is_new = Servers::change(&path, |servers| {
        let is_new = servers.get(name).is_none();
        servers.insert(name.clone(), entry);
        Ok(is_new)
    })?;
    let (servers, folder) = (Servers::load(&path)?, Folder::own()?);
    let shown = shown(&servers, &folder, name)?;
    let done = if is_new { "Added" } else { "Changed" };
    context.output.talk(format_args!("{done} `{name}`."));
    if context.output.is_json() {
        context.output.json(&shown)?;
    }
    Ok(())
}

/// What clap cannot say, in its words and with its exit code.
fn check(arguments: &RepoAdd) -> anyhow::Result<()> {
    let name = &arguments.name;
    let has_key = arguments.public_key.is_some() || arguments.fetch_public_key.is_some();
    if name.organization().is_some() && (arguments.url.is_some() || arguments.api_url.is_some()) {
        return Err(wrong_usage(format!(
            "`{name}` is below `{}` and has no URL of its own",
            name.main()
        )));
    }
    if name.organization().is_some() || name.name() == HEXPM {
        return Ok(());
    }
    if arguments.url.is_none() {
        return Err(wrong_usage(format!("`{name}` needs a URL")));
    }
    if !has_key {
        return Err(wrong_usage(format!(
            "`{name}` needs --fetch-public-key FINGERPRINT or --public-key FILE: without its public key, anybody on \
             the way could change what is fetched"
        )));
    }
    Ok(())
}

fn auth_key(arguments: &RepoAdd) -> anyhow::Result<Option<Secret>> {
    let key = match (&arguments.auth_key, &arguments.auth_key_file) {
        (Some(key), _) => Secret::from(key.as_str()),
        (None, Some(file)) => return read_secret(file).map(Some),
        (None, None) => return Ok(env_vars::auth_key()),
    };
    if key.expose().is_empty() || key.to_header("--auth-key").is_err() {
        return Err(wrong_usage(
            "--auth-key is empty, or has a character that cannot be sent",
        ));
    }
    Ok(Some(key))
}

/// An API key stays as long as it is for the same API. `planned` then has the new entry.
fn kept_api_key(planned: &mut Servers, name: &RepositoryRef, entry: &Entry) -> Option<Secret> {
    let api = |servers: &Servers| servers.config(name).ok().map(|found| found.api_url);
    let before = api(planned);
    let api_key = planned.get(name).and_then(|entry| entry.api_key.clone());
    planned.insert(name.clone(), entry.clone());
    api_key.filter(|_| before == api(planned))
}

async fn public_key(
    arguments: &RepoAdd,
    entry: &Entry,
    config: Config,
) -> anyhow::Result<Option<PublicKey>> {
    if let Some(file) = &arguments.public_key {
        let key = PublicKey::from_pem(fs_err::read_to_string(file)?);
        let key = key.map_err(|error| {
            anyhow::Error::new(error).context(format!("`{}` holds no public key", file.display()))
        })?;
        return Ok(Some(key));
    }
    let Some(fingerprint) = &arguments.fetch_public_key else {
        return Ok(None);
    };
    let config = Config {
        repo_key: entry.auth_key.clone(),
        user_agent_fragment: USER_AGENT.to_owned(),
        ..config
    };
    let key = fetch::public_key(&transport()?, &config, Some(fingerprint)).await;
    key.map(Some).map_err(|error| match &error {
        Error::Verify { .. } => hint(
            error,
            "ask whoever runs it for the fingerprint; do not go on with another key than theirs",
        ),
        _ if error.is_unauthorized() => hint(
            error,
            "the key comes from the seller; give it with `--auth-key-file FILE`, whole and as it is",
        ),
        _ => error.into(),
    })
}

fn list(context: &Context) -> anyhow::Result<()> {
    let folder = Folder::own()?;
    let servers = Servers::load(&folder.servers())?;
    let hexpm: RepositoryRef = HEXPM.parse().expect("it is a constant");
    let built_in = servers.get(&hexpm).is_none().then_some(&hexpm);
    let names = built_in
        .into_iter()
        .chain(servers.iter().map(|(name, _)| name));
    let all = names.map(|name| shown(&servers, &folder, name));
    let all = all.collect::<anyhow::Result<Vec<_>>>()?;
    context.output.result(&all, || {
        let headers = ["name", "url", "api", "auth key", "login", "public key"];
        table(headers, all.iter().map(row).collect(), "")
    })?;
    Ok(())
}

fn shown(servers: &Servers, folder: &Folder, name: &RepositoryRef) -> anyhow::Result<Shown> {
    let config = match servers.config(name) {
        // Its main repository was removed; it must still be possible to see and remove it.
        Err(ServersError::Unknown(_)) => None,
        config => Some(config?),
    };
    let entry = servers.get(name);
    let mask = |secret: Option<&Secret>| secret.map(|_| "****");
    let api = config.as_ref().filter(|_| servers.has_api(name));
    let api_url = api.map(|config| config.api_url.clone());
    let login = api_url
        .as_ref()
        .map(|url| TokenScope::Global(Server::of(url)));
    let tokens = login.map(|scope| folder.tokens().load(&scope)).transpose();
    let fingerprint = config
        .as_ref()
        .and_then(|config| config.repo_public_key.as_ref());
    Ok(Shown {
        name: name.clone(),
        url: config.as_ref().map_or_else(String::new, files_url),
        api_url: api_url.map(|url| url.to_string()),
        fingerprint: fingerprint.map(PublicKey::fingerprint),
        auth_key: mask(entry.and_then(|entry| entry.auth_key.as_ref())),
        api_key: mask(entry.and_then(|entry| entry.api_key.as_ref())),
        is_logged_in: tokens
            .map_err(anyhow::Error::from_boxed)?
            .flatten()
            .is_some(),
    })
}

fn files_url(config: &Config) -> String {
    match &config.repo_organization {
        Some(organization) => format!("{}/repos/{organization}", config.repo_url),
        None => config.repo_url.to_string(),
    }
}

fn row(found: &Shown) -> [String; 6] {
    let login = match (found.is_logged_in, found.api_key) {
        (true, _) => "yes",
        (false, Some(mask)) => mask,
        (false, None) => "",
    };
    [
        found.name.to_string(),
        found.url.clone(),
        found.api_url.clone().unwrap_or_default(),
        found.auth_key.unwrap_or_default().to_owned(),
        login.to_owned(),
        found.fingerprint.clone().unwrap_or_default(),
    ]
}

fn remove(context: &Context, arguments: &RepoRemove) -> anyhow::Result<()> {
    let name = &arguments.name;
    let folder = Folder::own()?;
    let removed = Servers::change(&folder.servers(), |servers| Ok(servers.remove(name)))?;
    if removed.is_none() && name.name() == HEXPM && name.organization().is_none() {
        anyhow::bail!("`{HEXPM}` is built in");
    }
    if removed.is_none() {
        let error = ServersError::Unknown(name.clone());
        return Err(hint(error, "`skep repo list` has those there are"));
    }
    context
        .output
        .talk(format_args!("Removed `{name}` and its keys."));
    Ok(())
}
