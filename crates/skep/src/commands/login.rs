//! `skep login`, `skep logout` and `skep whoami`

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use skep_client::api::users::{self, User};
use skep_client::cli_auth::{
    LockGuard, LockName, Permission, Server, TokenScope, TokenStore as _, Tokens,
};
use skep_client::http_client::HttpClient as _;
use skep_client::{Config, Error, Secret, oauth};

use super::Context;
use crate::cli::client::{Login, Logout, Whoami};
use crate::output::{hint, plain};
use crate::remote::{Folder, Habits, Remote, unless_interrupted};
use crate::servers::{RepositoryRef, ServerRef, Servers};
use crate::terminal::{CLIENT_ID, LoginHabits};

/// How long another process may take to renew the login that is given up.
const RENEWAL_TRIES: u32 = 100;

pub(super) async fn log_in(context: &Context, arguments: Login) -> anyhow::Result<()> {
    if let Some(file) = &arguments.api_key_file {
        return keep_api_key(context, &arguments, file).await;
    }
    let habits = Habits {
        output: context.output,
        login: LoginHabits {
            is_wanted: true,
            name: arguments.name,
            client_id: arguments.client_id,
        },
    };
    let mut remote = Remote::server(&arguments.server.name, habits)?;
    remote.open_browser = !arguments.no_browser;
    let user = unless_interrupted(me(&remote, true)).await?;
    say_who(context, &remote, &user, "Logged in at")
}

/// Asks who this is. With `may_be_nobody`, without credentials first: a login that has ended is then no obstacle to
/// another one.
async fn me(remote: &Remote, may_be_nobody: bool) -> anyhow::Result<User> {
    let ask = |config: Config| async move {
        let response = remote.transport.send(users::me_request(&config)?).await?;
        users::me_response(response)
    };
    remote.api(Permission::Read, may_be_nobody, ask).await
}

fn say_who(context: &Context, remote: &Remote, user: &User, what: &str) -> anyhow::Result<()> {
    let value = json!({
        "server": remote.config.api_url.as_str(),
        "username": user.username,
        "email": user.email,
        "organizations": user.organizations.iter().map(|found| &found.name).collect::<Vec<_>>(),
    });
    if context.output.is_json() {
        return Ok(context.output.json(&value)?);
    }
    context
        .output
        .talk(format_args!("{what} {} as:", remote.config.api_url));
    Ok(context.output.data(plain(&user.username))?)
}

async fn keep_api_key(context: &Context, arguments: &Login, file: &Path) -> anyhow::Result<()> {
    let ServerRef::Named(name) = &arguments.server.name else {
        let error = anyhow::anyhow!("an API key is kept for a server that has a name");
        return Err(hint(error, "`skep repo add` gives it one"));
    };
    let key = read_secret(file)?;
    let mut remote = Remote::server(&arguments.server.name, context.output)?;
    remote.config.api_key = Some(key.clone());
    // What the server does not take is not kept.
    let user = unless_interrupted(me(&remote, false)).await?;
    Servers::change(&Folder::own()?.servers(), |servers| {
        servers.entry(name).api_key = Some(key);
        Ok(())
    })?;
    say_who(
        context,
        &remote,
        &user,
        "The API key is good: you are known at",
    )
}

/// A secret from a file, `-` for standard input.
///
/// # Errors
/// The file cannot be read, or holds nothing that can be sent.
pub(super) fn read_secret(file: &Path) -> anyhow::Result<Secret> {
    let mut text = String::new();
    match file.to_str() {
        Some("-") => std::io::stdin().read_to_string(&mut text).map(|_| ())?,
        _ => text = fs_err::read_to_string(file)?,
    }
    let key = Secret::from(text.trim());
    let is_usable = !key.expose().is_empty() && key.to_header("the key").is_ok();
    anyhow::ensure!(is_usable, "`{}` holds no key", file.display());
    Ok(key)
}

pub(super) async fn log_out(context: &Context, arguments: Logout) -> anyhow::Result<()> {
    let remote = Remote::server(&arguments.server.name, context.output)?;
    let server = Server::of(&remote.config.api_url);
    let scope = TokenScope::Global(server.clone());
    let store = Folder::own()?.tokens();
    let _guard = unless_interrupted(lock(&server)).await?;
    let tokens = store.load(&scope).map_err(anyhow::Error::from_boxed)?;
    let had_key = forget_api_key(&arguments.server.name)?;
    let Some(tokens) = tokens else {
        let text = match had_key {
            true => format!(
                "The API key for {server} is forgotten. It still counts there until it is revoked."
            ),
            false => format!("Nobody is logged in at {server}."),
        };
        return say_logged_out(context, &server, had_key, &text);
    };
    let revoked = unless_interrupted(async { Ok(revoke(&remote, &tokens).await) }).await?;
    store.clear(&scope).map_err(anyhow::Error::from_boxed)?;
    if let Err(error) = &revoked {
        let cause = anyhow::Error::msg(error.to_string());
        context.output.notes(&[format!(
            "the server was not told: {cause}. The login is forgotten here, and ends there by itself"
        )]);
    }
    say_logged_out(context, &server, true, &format!("Logged out at {server}."))
}

fn say_logged_out(
    context: &Context,
    server: &Server,
    was_logged_in: bool,
    text: &str,
) -> anyhow::Result<()> {
    if context.output.is_json() {
        let value = json!({"server": server.as_str(), "was_logged_in": was_logged_in});
        return Ok(context.output.json(&value)?);
    }
    context.output.talk(text);
    Ok(())
}

/// Nobody may renew the login while it is given up: the new tokens would stay.
async fn lock(server: &Server) -> anyhow::Result<LockGuard> {
    let store = Folder::own()?.tokens();
    let name = LockName::Tokens(server.clone());
    for _ in 0..RENEWAL_TRIES {
        if let Some(guard) = store.try_lock(&name).map_err(anyhow::Error::from_boxed)? {
            return Ok(guard);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("another program is renewing this login: try again")
}

/// The refresh token goes first: with it goes what it could still get.
async fn revoke(remote: &Remote, tokens: &Tokens) -> Result<(), Error> {
    let all = tokens.refresh_token.iter().chain([&tokens.access_token]);
    for token in all {
        let request = oauth::revoke_request(&remote.config, CLIENT_ID, token)?;
        oauth::revoke_response(remote.transport.send(request).await?)?;
    }
    Ok(())
}

fn forget_api_key(server: &ServerRef) -> anyhow::Result<bool> {
    let path = Folder::own()?.servers();
    let servers = Servers::load(&path)?;
    let name: Option<RepositoryRef> = match server {
        ServerRef::Named(name) => Some(name.clone()),
        ServerRef::Url(url) => servers.at(url),
    };
    let name = name.filter(|name| servers.get(name).is_some_and(|e| e.api_key.is_some()));
    let Some(name) = name else {
        return Ok(false);
    };
    Servers::change(&path, |servers| {
        servers.entry(&name).api_key = None;
        Ok(())
    })?;
    Ok(true)
}

pub(super) async fn whoami(context: &Context, arguments: Whoami) -> anyhow::Result<()> {
    let remote = Remote::server(&arguments.server.name, context.output)?;
    let user = unless_interrupted(me(&remote, false)).await?;
    say_who(context, &remote, &user, "You are known at")
}
