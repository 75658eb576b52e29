//! `skep key …`

use std::collections::BTreeSet;

use serde_json::json;
use skep_formats::name::RepositoryName;
use skep_server::app::App;
use skep_server::clock::Timestamp;
use skep_server::db::audit::Actor;
use skep_server::licensing::key::KeyRecord;
use skep_server::licensing::keys::{self, Rotated};
use skep_server::licensing::licenses;

use super::Context;
use crate::cli::key::{Key, KeyCreate, KeyList, KeyRevoke, KeyRotate};
use crate::instructions::KeyChange;
use crate::output::{day_or_dash, minute, table};

pub(super) async fn run(context: &Context, command: Key) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            Key::Create(arguments) => create(context, app, arguments).await,
            Key::List(arguments) => list(context, app, arguments).await,
            Key::Rotate(arguments) => rotate(context, app, arguments).await,
            Key::Revoke(arguments) => revoke(context, app, arguments).await,
        })
        .await
}

async fn create(context: &Context, app: &App, arguments: KeyCreate) -> anyhow::Result<()> {
    let request = keys::Create {
        license: arguments.license,
        label: arguments.label.unwrap_or_default(),
        expires_at: arguments.expires,
        actor: Actor::Cli,
    };
    let created = keys::create(app, &request).await?;
    let value = json!({
        "license": {"id": created.license.id},
        "key": with_secret(&created.key, created.secret.reveal()),
    });
    let change = key_change(app, &created.key, created.secret.reveal()).await;
    context.output.secret(
        &value,
        || {
            let shown = shown_once(&created.key, created.secret.reveal());
            format!("{shown}\n\n{change}")
        },
        || another_key(&created.key),
    )?;
    context.output.notes(&created.notes);
    Ok(())
}

/// A key as programs get it the one time that its secret is known.
pub(super) fn with_secret(key: &KeyRecord, secret: &str) -> serde_json::Value {
    json!({"id": key.id, "secret": secret, "label": key.label, "expires_at": key.expires_at})
}

fn shown_once(key: &KeyRecord, secret: &str) -> String {
    format!(
        "{secret}\n\nThis is key {} of license {}. It is shown only now.",
        key.id, key.license
    )
}

async fn list(context: &Context, app: &App, arguments: KeyList) -> anyhow::Result<()> {
    let keys = keys::list(app, &arguments.license).await?;
    let now = app.clock.now();
    context.output.result(&keys, || {
        keys_table(
            &keys,
            now,
            "This license has no keys: `skep key create` makes one.",
        )
    })?;
    Ok(())
}

/// A license's keys for people.
pub(super) fn keys_table(keys: &[KeyRecord], now: Timestamp, nothing: &str) -> String {
    let rows = keys.iter().map(|key| {
        let ending = match key.hint.as_str() {
            "" => "-".to_owned(),
            hint => format!("…{hint}"),
        };
        let last_used = key.last_used_at.map_or_else(|| "never".to_owned(), minute);
        let label = Some(key.label.clone()).filter(|label| !label.is_empty());
        [
            key.id.to_string(),
            ending,
            label.unwrap_or_else(|| "-".to_owned()),
            state(key, now),
            key.created_at.date(),
            day_or_dash(key.expires_at),
            last_used,
        ]
    });
    let headers = [
        "id",
        "ending",
        "label",
        "state",
        "created",
        "expires",
        "last used",
    ];
    table(headers, rows.collect(), nothing)
}

fn state(key: &KeyRecord, now: Timestamp) -> String {
    match (key.revoked_at, key.expires_at, key.rotated_at) {
        (Some(since), _, _) => format!("revoked {}", since.date()),
        (None, Some(at), _) if at < now => "expired".to_owned(),
        (None, _, Some(_)) => "rotated".to_owned(),
        (None, _, None) => "active".to_owned(),
    }
}

async fn rotate(context: &Context, app: &App, arguments: KeyRotate) -> anyhow::Result<()> {
    let rotated = keys::rotate(app, arguments.id, arguments.overlap, &Actor::Cli).await?;
    let value = json!({
        "license": {"id": rotated.key.license},
        "key": with_secret(&rotated.key, rotated.secret.reveal()),
        "old_key": rotated.old,
    });
    let change = key_change(app, &rotated.key, rotated.secret.reveal()).await;
    context.output.secret(
        &value,
        || format!("{}\n\n{change}", rotated_text(app, &rotated)),
        || another_key(&rotated.key),
    )
}

/// How the customer puts a new key in place of the old one. Whatever happens, the key itself is shown: so
/// this falls back on the default repository.
async fn key_change(app: &App, key: &KeyRecord, secret: &str) -> String {
    let shown = licenses::show(app, &key.license.to_string()).await;
    let products = shown.map(|shown| shown.products).unwrap_or_default();
    let names: BTreeSet<&RepositoryName> = products.iter().map(|it| &it.repository).collect();
    if names.is_empty() {
        return key_changes(app, [&app.config.default_repository().name], secret);
    }
    key_changes(app, names, secret)
}

/// The same for each of these repositories.
pub(super) fn key_changes<'a>(
    app: &App,
    repositories: impl IntoIterator<Item = &'a RepositoryName>,
    key: &str,
) -> String {
    let texts = repositories.into_iter().map(|name| {
        let url = &app.config.repository_url(name);
        let repository = name.as_str();
        let change = KeyChange {
            repository,
            url,
            key,
        };
        format!(
            "Customers of {repository} put it in place of the old one:\n\n{}",
            change.render()
        )
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

/// What to do when a new key could not be shown.
pub(super) fn another_key(key: &KeyRecord) -> String {
    format!(
        "`skep key revoke {}` closes that key, and `skep key create {}` makes another",
        key.id, key.license
    )
}

fn rotated_text(app: &App, rotated: &Rotated) -> String {
    let (old, now) = (&rotated.old, app.clock.now());
    let fate = match old.expires_at {
        Some(at) if at <= now => "is closed".to_owned(),
        Some(at) => format!(
            "works until {} UTC, and tells its users about the new one",
            minute(at)
        ),
        None => "works on, and tells its users about the new one".to_owned(),
    };
    format!(
        "{}\nThe old key {} {fate}.",
        shown_once(&rotated.key, rotated.secret.reveal()),
        old.id
    )
}

async fn revoke(context: &Context, app: &App, arguments: KeyRevoke) -> anyhow::Result<()> {
    let key = keys::revoke(app, arguments.id, &Actor::Cli).await?;
    context.output.result(&key, || {
        format!("Key {} of license {} is closed.", key.id, key.license)
    })?;
    Ok(())
}
