//! `skep api-key …`

use serde_json::json;
use skep_server::accounts::api_key::ApiKeyRecord;
use skep_server::accounts::permission::Permissions;
use skep_server::accounts::user::User;
use skep_server::accounts::{api_keys, users};
use skep_server::app::App;
use skep_server::clock::Timestamp;
use skep_server::db::audit::Actor;

use super::Context;
use crate::cli::api_key::{ApiKey, ApiKeyCreate, ApiKeyList, ApiKeyRevoke};
use crate::output::{day_or_dash, minute, table};

pub(super) async fn run(context: &Context, command: ApiKey) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            ApiKey::Create(arguments) => create(context, app, arguments).await,
            ApiKey::List(arguments) => list(context, app, arguments).await,
            ApiKey::Revoke(arguments) => revoke(context, app, arguments).await,
        })
        .await
}

async fn create(context: &Context, app: &App, arguments: ApiKeyCreate) -> anyhow::Result<()> {
    let request = api_keys::Create {
        user: arguments.user,
        name: arguments.name,
        permissions: Permissions::new(arguments.permissions),
        expires_at: arguments.expires,
        actor: Actor::Cli,
    };
    let created = api_keys::create(app, &request).await?;
    let (key, user, secret) = (&created.key, &created.user, created.secret.reveal());
    let value = json!({
        "id": key.id,
        "secret": secret,
        "name": key.name,
        "user": user.username,
        "permissions": key.permissions,
        "expires_at": key.expires_at,
    });
    context.output.secret(
        &value,
        || {
            format!(
                "{secret}\n\nThis is API key {} of {}, for {}. It is shown only now.",
                key.id,
                user.username,
                key.permissions.scope()
            )
        },
        || {
            format!(
                "`skep api-key revoke {}` closes that key, and `skep api-key create {}` makes another",
                key.id, user.username
            )
        },
    )?;
    context.output.notes(&notes(app, &created));
    Ok(())
}

/// What the seller should know.
fn notes(app: &App, created: &api_keys::Created) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(at) = created.key.expires_at
        && at < app.clock.now()
    {
        let day = at.date();
        notes.push(format!(
            "the key's expiry {day} is in the past: it opens nothing"
        ));
    }
    let role = created.user.role;
    for permission in created.key.permissions.iter() {
        if !permission.is_within(role) {
            let name = &created.user.username;
            notes.push(format!(
                "the role {role} of {name} does not go as far as `{permission}`: it gives nothing until \
                 `skep user set-role` changes that"
            ));
        }
    }
    notes
}

async fn list(context: &Context, app: &App, arguments: ApiKeyList) -> anyhow::Result<()> {
    let users = match arguments.user {
        Some(user) => vec![users::show(app, &user).await?],
        None => users::list(app).await?,
    };
    let mut keys: Vec<(User, ApiKeyRecord)> = Vec::new();
    for user in users {
        let of_user = api_keys::list(app, &user.username).await?;
        keys.extend(of_user.into_iter().map(|key| (user.clone(), key)));
    }
    let values: Vec<_> = keys
        .iter()
        .map(|(user, key)| {
            let mut value = json!(key);
            value["user"] = json!({"id": user.id, "username": user.username});
            value
        })
        .collect();
    context.output.result(&values, || {
        let keys = keys.iter().map(|(user, key)| (user.username.as_str(), key));
        let nothing = "There are no API keys: `skep api-key create` makes one.";
        keys_table(keys, app.clock.now(), nothing)
    })?;
    Ok(())
}

/// API keys for people, each with its user's name.
pub(super) fn keys_table<'a>(
    keys: impl Iterator<Item = (&'a str, &'a ApiKeyRecord)>,
    now: Timestamp,
    nothing: &str,
) -> String {
    let rows = keys.map(|(user, key)| {
        [
            user.to_owned(),
            key.name.clone(),
            format!("…{}", key.hint),
            key.permissions.scope(),
            state(key, now),
            day_or_dash(key.expires_at),
            key.last_used_at.map_or_else(|| "never".to_owned(), minute),
            key.id.to_string(),
        ]
    });
    let headers = [
        "user",
        "name",
        "ending",
        "permissions",
        "state",
        "expires",
        "last used",
        "id",
    ];
    table(headers, rows.collect(), nothing)
}

fn state(key: &ApiKeyRecord, now: Timestamp) -> String {
    match (key.revoked_at, key.check(now)) {
        (Some(since), _) => format!("revoked {}", since.date()),
        (None, Err(_)) => "expired".to_owned(),
        (None, Ok(())) => "active".to_owned(),
    }
}

async fn revoke(context: &Context, app: &App, arguments: ApiKeyRevoke) -> anyhow::Result<()> {
    let key = api_keys::revoke(app, arguments.id, &Actor::Cli).await?;
    context.output.result(&key, || {
        format!("API key {} ({}) is closed.", key.id, key.name)
    })?;
    Ok(())
}
