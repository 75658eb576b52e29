//! `skep oauth-client …`

use skep_server::app::App;
use skep_server::clock::Timestamp;
use skep_server::db::audit::Actor;
use skep_server::oauth::clients;

use super::Context;
use crate::cli::oauth_client::OauthClient;
use crate::output::table;

pub(super) async fn run(context: &Context, command: OauthClient) -> anyhow::Result<()> {
    context
        .with_app(async |app| match command {
            OauthClient::Register(arguments) => register(context, app, &arguments.name).await,
            OauthClient::List => list(context, app).await,
            OauthClient::Revoke(arguments) => revoke(context, app, &arguments.id).await,
        })
        .await
}

async fn register(context: &Context, app: &App, name: &str) -> anyhow::Result<()> {
    let client = clients::register(app, name, &Actor::Cli).await?;
    context.output.result(&client, || {
        format!(
            "{} may ask for logins now. Its requests carry the client id {}.",
            client.name, client.id
        )
    })?;
    Ok(())
}

async fn list(context: &Context, app: &App) -> anyhow::Result<()> {
    let clients = clients::list(app).await?;
    context.output.result(&clients, || {
        let day = |at: Option<Timestamp>| at.map(Timestamp::date).unwrap_or_default();
        let rows = clients.iter().map(|client| {
            let since = match client.created_at {
                None => "built in".to_owned(),
                since => day(since),
            };
            let revoked = day(client.revoked_at);
            [client.name.clone(), since, revoked, client.id.clone()]
        });
        table(["name", "since", "revoked", "id"], rows.collect(), "")
    })?;
    Ok(())
}

async fn revoke(context: &Context, app: &App, id: &str) -> anyhow::Result<()> {
    let client = clients::revoke(app, id, &Actor::Cli).await?;
    context.output.result(&client, || {
        format!(
            "{} may not ask for logins anymore; the ones it had have ended.",
            client.name
        )
    })?;
    Ok(())
}
