//! Giving tokens up.

use std::net::IpAddr;

use crate::accounts::caller::Via;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::TokenGrantId;
use crate::oauth::grants::{self, Ending};
use crate::oauth::tokens::{Subject, Token};
use crate::secret_text::KeyHash;

/// Gives up an access or refresh token, and with it the whole login. Whether there was such a token
/// nobody is told. `client`, where it is given, has to be the one the login belongs to.
///
/// # Errors
/// The database does not answer.
pub async fn revoke(
    app: &App,
    token: &str,
    client: Option<&str>,
    address: IpAddr,
) -> Result<(), DbError> {
    match app.tokens().read(token) {
        Ok(token) => revoke_access(app, &token, client, address).await,
        Err(_) => revoke_by_hash(app, KeyHash::of(token), client, address).await,
    }
}

async fn revoke_access(
    app: &App,
    token: &Token,
    client: Option<&str>,
    address: IpAddr,
) -> Result<(), DbError> {
    let now = app.clock.now();
    // An expired one opens nothing, but its login may live.
    match token.subject {
        Subject::User { key: None, .. } => {
            in_tx!(app.db, |tx| end_login(
                tx,
                app,
                token.grant,
                client,
                address
            )
            .await)
        }
        Subject::User { key: Some(_), .. } | Subject::License { .. } if now < token.expires_at => {
            in_tx!(app.db, |tx| revoke_exchanged(tx, app, token, address).await)
        }
        Subject::User { .. } | Subject::License { .. } => Ok(()),
    }
}

async fn revoke_exchanged(
    tx: &mut Tx,
    app: &App,
    token: &Token,
    address: IpAddr,
) -> Result<(), DbError> {
    let now: Timestamp = app.clock.now();
    db::oauth_grants::revoke(tx, token.grant, now, token.expires_at.plus_seconds(60)).await?;
    let actor = match token.subject {
        Subject::License { license, .. } => Actor::License {
            id: license,
            address,
        },
        Subject::User { user, .. } => actor_of(tx, user, token.grant, address).await?,
    };
    let detail = serde_json::json!({ "exchanged": true });
    tx.audit(&app.clock, &actor, ("oauth.end", &token.grant), detail)
        .await
}

async fn actor_of(
    tx: &mut Tx,
    user: crate::ids::UserId,
    grant: TokenGrantId,
    address: IpAddr,
) -> Result<Actor, DbError> {
    let found = db::users::find(tx, user).await?;
    Ok(
        found.map_or(Actor::Anonymous { address }, |user| Actor::User {
            id: user.id,
            username: user.username,
            via: Via::Token { grant },
            address,
        }),
    )
}

async fn end_login(
    tx: &mut Tx,
    app: &App,
    grant: TokenGrantId,
    client: Option<&str>,
    address: IpAddr,
) -> Result<(), DbError> {
    let found = db::oauth_grants::find_locked(tx, grant).await?;
    let is_meant = |client: &str, of: &str| client == of;
    let found = found.filter(|grant| client.is_none_or(|client| is_meant(client, &grant.client)));
    let Some(grant) = found.filter(|grant| !grant.has_ended()) else {
        return Ok(());
    };
    let actor = actor_of(tx, grant.user, grant.id, address).await?;
    grants::end_in(tx, &app.clock, &actor, &grant, Ending::Revoked).await
}

/// Ends the login of a refresh token, used or not, of which only the SHA-256 is known.
///
/// # Errors
/// The database does not answer.
pub async fn revoke_by_hash(
    app: &App,
    hash: KeyHash,
    client: Option<&str>,
    address: IpAddr,
) -> Result<(), DbError> {
    in_tx!(app.db, |tx| {
        match db::oauth_grants::find_refresh(tx, hash).await? {
            Some(row) => end_login(tx, app, row.grant, client, address).await,
            None => Ok(()),
        }
    })
}
