//! `skep user …`

use std::io::Read;

use serde_json::{Value, json};
use skep_server::accounts::links::{self, OneTimeLink};
use skep_server::accounts::password::Password;
use skep_server::accounts::role::Role;
use skep_server::accounts::user::User;
use skep_server::accounts::{api_keys, second_factor, sessions, users};
use skep_server::app::App;
use skep_server::db::audit::Actor;
use skep_server::oauth::grants::{self, Grant};

use super::Context;
use super::api_key::keys_table;
use crate::cli::user::{User as Command, UserCreate, UserSetRole};
use crate::output::{details, hint, minute, plain, table};
use crate::terminal;

pub(super) async fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            Command::Create(arguments) => create(context, app, arguments).await,
            Command::List => list(context, app).await,
            Command::Show(arguments) => show(context, app, &arguments.user).await,
            Command::Disable(arguments) => {
                let user = users::disable(app, &arguments.user, &Actor::Cli).await?;
                let text = "is disabled: no password, key or login of theirs opens anything.";
                changed(context, &user, text)
            }
            Command::Enable(arguments) => {
                let user = users::enable(app, &arguments.user, &Actor::Cli).await?;
                changed(context, &user, "may log in, and their API keys work.")
            }
            Command::SetRole(UserSetRole { user, role }) => {
                let user = users::set_role(app, &user, role, &Actor::Cli).await?;
                let text = format!("has the role {} now.", user.role);
                changed(context, &user, &text)
            }
            Command::ResetPassword(arguments) => {
                let link = links::reset_password(app, &arguments.user, &Actor::Cli).await?;
                let name = link.user.username.clone();
                let head = format!("The password of {name} is gone, and their logins have ended.");
                show_link(context, app, &link, &head)
            }
            Command::ResetTotp(arguments) => {
                let user = users::show(app, &arguments.user).await?;
                second_factor::remove(app, user.id, &Actor::Cli).await?;
                changed(context, &user, "has no second factor anymore.")
            }
        })
        .await
}

fn changed(context: &Context, user: &User, text: &str) -> anyhow::Result<()> {
    let line = || format!("{} {text}", user.username);
    Ok(context.output.result(user, line)?)
}

async fn create(context: &Context, app: &App, arguments: UserCreate) -> anyhow::Result<()> {
    let password = match arguments.password_stdin {
        true => Some(from_stdin()?),
        false if terminal::has_person() => ask()?,
        false => None,
    };
    let user = match password {
        Some(password) => users::create_with_password(app, &request(&arguments), &password).await?,
        None => {
            let user = users::create(app, &request(&arguments)).await?;
            let link = links::create(app, &user.username, &Actor::Cli).await?;
            return show_link(context, app, &link, &entered(&user));
        }
    };
    let value = with_link(&user, Value::Null);
    Ok(context.output.result(&value, || {
        let page = page(app, "login");
        format!(
            "{}\n\nThey log in at {page}{}",
            entered(&user),
            advice(&user)
        )
    })?)
}

fn request(arguments: &UserCreate) -> users::Create {
    users::Create {
        username: arguments.username.clone(),
        email: arguments.email.clone(),
        role: arguments.role,
        actor: Actor::Cli,
    }
}

fn from_stdin() -> anyhow::Result<Password> {
    let mut text = String::new();
    let read = std::io::stdin().take(4096).read_to_string(&mut text);
    read.map_err(|error| anyhow::anyhow!("standard input could not be read: {error}"))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        let error = anyhow::anyhow!("there is no password on standard input");
        let advice = "without `--password-stdin`, a one-time code lets the user set one";
        return Err(hint(error, advice));
    }
    Ok(Password::from_text(line))
}

/// The person at the terminal gives a password, or nothing.
fn ask() -> anyhow::Result<Option<Password>> {
    let text = dialoguer::Password::new()
        .with_prompt("Password (empty: a one-time code lets the user set one)")
        .with_confirmation("Once more", "These are not the same")
        .allow_empty_password(true)
        .interact()?;
    Ok((!text.is_empty()).then(|| Password::from_text(text)))
}

fn entered(user: &User) -> String {
    format!(
        "{} is user {}, {}.",
        user.username,
        user.id,
        about(user.role)
    )
}

const fn about(role: Role) -> &'static str {
    match role {
        Role::Owner => "an owner",
        Role::Publisher => "a publisher",
        Role::Viewer => "a viewer",
    }
}

/// Publishing with a login needs the second factor.
fn advice(user: &User) -> &'static str {
    match user.role {
        Role::Owner | Role::Publisher => {
            "\nand set up two-factor authentication there: publishing needs it, unless with an API key."
        }
        Role::Viewer => "",
    }
}

fn page(app: &App, name: &str) -> String {
    format!("{}/{name}", app.config.server.url)
}

/// A user as programs get it, with the link the one time that its code is known.
fn with_link(user: &User, link: Value) -> Value {
    let mut value = json!(user);
    value["link"] = link;
    value
}

fn show_link(context: &Context, app: &App, link: &OneTimeLink, head: &str) -> anyhow::Result<()> {
    let (user, code, page) = (&link.user, link.code.reveal(), page(app, "link"));
    let value = json!({"url": page, "code": code, "expires_at": link.expires_at});
    context.output.secret(
        &with_link(user, value),
        || {
            let until = minute(link.expires_at);
            format!(
                "{head}\n\nThey set a password at {page} with this code, once, until {until} UTC:\n\n{code}\n\n\
                 It is shown only now.{}",
                advice(user).replacen("\nand set up", " Then they set up", 1)
            )
        },
        || format!("`skep user reset-password {}` makes another", user.username),
    )
}

async fn list(context: &Context, app: &App) -> anyhow::Result<()> {
    let users = users::list(app).await?;
    context.output.result(&users, || {
        let rows = users.iter().map(|user| {
            [
                user.username.clone(),
                user.email.clone(),
                user.role.to_string(),
                state(user),
                second_factor_text(user).to_owned(),
                user.created_at.date(),
                user.id.to_string(),
            ]
        });
        let headers = [
            "user",
            "email",
            "role",
            "state",
            "second factor",
            "since",
            "id",
        ];
        let nothing = "There are no users yet: `skep user create` enters one.";
        table(headers, rows.collect(), nothing)
    })?;
    Ok(())
}

fn state(user: &User) -> String {
    match user.disabled_at {
        Some(since) => format!("disabled {}", since.date()),
        None if !user.has_password => "no password".to_owned(),
        None => "active".to_owned(),
    }
}

const fn second_factor_text(user: &User) -> &'static str {
    if user.has_totp { "yes" } else { "no" }
}

async fn show(context: &Context, app: &App, name: &str) -> anyhow::Result<()> {
    let user = users::show(app, name).await?;
    let keys = api_keys::list(app, &user.username).await?;
    let browsers = sessions::list(app, user.id).await?;
    let logins = grants::list(app, user.id).await?;
    let value = json!({"user": user, "api_keys": keys, "logins": logins, "sessions": browsers});
    context.output.result(&value, || {
        let head = details(&[
            ("User", user.username.clone()),
            ("Email", user.email.clone()),
            ("Id", user.id.to_string()),
            ("Role", user.role.to_string()),
            ("State", state(&user)),
            ("Second factor", second_factor_text(&user).to_owned()),
            ("Since", user.created_at.date()),
        ]);
        let keys = keys.iter().map(|key| (user.username.as_str(), key));
        let keys = keys_table(keys, app.clock.now(), "No API keys.");
        let rows = browsers.iter().map(|session| {
            let agent = crate::output::shortened(&session.user_agent, 60);
            [
                minute(session.last_seen_at),
                session.address.to_string(),
                agent,
            ]
        });
        let headers = ["last seen", "address", "browser"];
        let browsers = table(headers, rows.collect(), "Not logged in with a browser.");
        format!(
            "{head}\n\n{keys}\n\n{}\n\n{browsers}",
            logins_table(&logins)
        )
    })?;
    Ok(())
}

fn logins_table(logins: &[Grant]) -> String {
    let rows = logins.iter().map(|login| {
        [
            minute(login.refreshed_at),
            plain(&login.name),
            login.scope.scope(),
            login.expires_at.date(),
            login.id.to_string(),
        ]
    });
    let headers = ["last used", "tool at", "permissions", "until", "id"];
    table(headers, rows.collect(), "Not logged in with a tool.")
}
