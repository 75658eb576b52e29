//! The programs that may ask for tokens: mix, rebar3 and skep itself, and what the seller registers.
//! All are public: a program on somebody's machine keeps no secret from them.

use serde::Serialize;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::db::{self, Conn, DbError, in_tx};
use crate::oauth::grants::{self, Ending};

/// mix, with any version of Hex that logs in.
pub const MIX: &str = "78ea6566-89fd-481e-a1d6-7d9d78eacca8";
/// rebar3's plugin.
pub const REBAR3: &str = "b9721cf5-be2f-4a65-bfa5-141698b4b9cf";
/// `skep login`.
pub const SKEP: &str = "70f36cb4-d6b5-4883-b1e3-a49c9c2df6fa";

const BUILT_IN: [(&str, &str); 3] = [(MIX, "mix"), (REBAR3, "rebar3"), (SKEP, "skep")];
const LONGEST_NAME: usize = 60;

/// A program that may ask for tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Client {
    /// What requests carry as `client_id`.
    pub id: String,
    /// What the consent page calls it.
    pub name: String,
    /// When it was registered; `None` for one that is built in.
    pub created_at: Option<Timestamp>,
    /// Refused since.
    pub revoked_at: Option<Timestamp>,
}

/// Why a client was not registered or revoked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing to call it on the consent page.
    #[error("`{0}` is no name for a client: give up to 60 characters, all printable")]
    Name(String),
    /// Its name would make people take it for another one.
    #[error("there is a client `{0}` already: people would take one for the other")]
    NameTaken(String),
    /// Part of the program.
    #[error("client `{0}` is built in and cannot be revoked")]
    BuiltIn(String),
    /// Revoked before.
    #[error("client `{id}` is revoked since {}", since.date())]
    Revoked {
        /// Which.
        id: String,
        /// Since when.
        since: Timestamp,
    },
    /// No such client.
    #[error("there is no client `{0}`: `skep oauth-client list` shows what is there")]
    Unknown(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

fn built_in() -> impl Iterator<Item = Client> {
    BUILT_IN.iter().map(|(id, name)| Client {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        created_at: None,
        revoked_at: None,
    })
}

/// A client that may ask for tokens now.
pub(crate) async fn find(conn: &mut Conn, id: &str) -> Result<Option<Client>, DbError> {
    if let Some(client) = built_in().find(|client| client.id == id) {
        return Ok(Some(client));
    }
    let found = db::oauth_clients::find(conn, id).await?;
    Ok(found.filter(|client| client.revoked_at.is_none()))
}

/// Whether this is a client that every installation knows: no need to ask the database.
pub(crate) fn is_built_in(id: &str) -> bool {
    BUILT_IN.iter().any(|(known, _)| *known == id)
}

/// Every client, the built-in ones first, then by name.
pub async fn list(app: &App) -> Result<Vec<Client>, DbError> {
    let registered = db::oauth_clients::list(&mut app.db.read().await?).await?;
    Ok(built_in().chain(registered).collect())
}

/// Registers a client; its id is what its requests carry.
pub async fn register(app: &App, name: &str, actor: &Actor) -> Result<Client, ClientError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(ClientError::Name(name.chars().take(120).collect()));
    }
    in_tx!(app.db, |tx| {
        let is_same = |client: &Client| {
            client.revoked_at.is_none() && client.name.to_lowercase() == name.to_lowercase()
        };
        let registered = db::oauth_clients::list(tx).await?;
        if let Some(taken) = built_in().chain(registered).find(is_same) {
            return Err(ClientError::NameTaken(taken.name));
        }
        let client = Client {
            id: app.clock.new_uuid().to_string(),
            name: name.to_owned(),
            created_at: Some(app.clock.now()),
            revoked_at: None,
        };
        db::oauth_clients::insert(tx, &client, app.clock.now()).await?;
        let detail = serde_json::json!({ "name": client.name });
        tx.audit(
            &app.clock,
            actor,
            ("oauth_client.register", &client.id),
            detail,
        )
        .await?;
        Ok(client)
    })
}

/// Revokes a registered client for good, and ends every login it has.
pub async fn revoke(app: &App, id: &str, actor: &Actor) -> Result<Client, ClientError> {
    if is_built_in(id) {
        return Err(ClientError::BuiltIn(id.to_owned()));
    }
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let found = db::oauth_clients::find(tx, id).await?;
        let before = found.ok_or_else(|| ClientError::Unknown(id.chars().take(120).collect()))?;
        if let Some(since) = before.revoked_at {
            let id = before.id;
            return Err(ClientError::Revoked { id, since });
        }
        db::oauth_clients::revoke(tx, &before.id, now).await?;
        let logins = db::oauth_grants::list_by_client(tx, &before.id, now).await?;
        for grant in &logins {
            grants::end_in(tx, &app.clock, actor, grant, Ending::ClientRevoked).await?;
        }
        let detail = serde_json::json!({ "name": before.name, "logins": logins.len() });
        tx.audit(
            &app.clock,
            actor,
            ("oauth_client.revoke", &before.id),
            detail,
        )
        .await?;
        Ok(Client {
            revoked_at: Some(now),
            ..before
        })
    })
}
