//! Giving tokens: the first ones of a login, and the next ones for a refresh token.

use std::net::IpAddr;

use crate::accounts::caller::Via;
use crate::accounts::permission::Permissions;
use crate::accounts::user::User;
use crate::app::App;
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::TokenGrantId;
use crate::oauth::clients;
use crate::oauth::device::Device;
use crate::oauth::error::OAuthError;
use crate::oauth::grants::{self, Ending, Grant, GrantState, LIFETIME_DAYS, Over, RefreshToken};
use crate::oauth::tokens::{SignedToken, Subject};
use crate::secret_text::KeyHash;

/// What a client gets.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// What requests carry.
    pub access: SignedToken,
    /// What gets the next one; exchanged keys get none, for they have the key.
    pub refresh: Option<RefreshToken>,
}

/// A login whose tokens are still to be signed, once it is committed.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) grant: Grant,
    username: String,
    refresh: RefreshToken,
}

impl Opened {
    pub(super) fn sign(self, app: &App) -> Tokens {
        let subject = Subject::User {
            user: self.grant.user,
            key: None,
        };
        let name = self.username.as_str();
        let (scope, grant) = (&self.grant.scope, self.grant.id);
        Tokens {
            access: (app.tokens()).sign(&app.clock, (subject, name), scope, grant),
            refresh: Some(self.refresh),
        }
    }
}

/// The login that comes of an allowed device.
pub(super) async fn open_in(
    tx: &mut Tx,
    app: &App,
    user: &User,
    device: &Device,
    scope: Permissions,
    address: IpAddr,
) -> Result<Opened, DbError> {
    let now = app.clock.now();
    let grant = Grant {
        id: TokenGrantId::new(&app.clock),
        user: user.id,
        client: device.client.clone(),
        name: device.name.clone(),
        scope,
        created_at: now,
        expires_at: now.plus_days(LIFETIME_DAYS),
        refreshed_at: now,
        state: GrantState::Open,
    };
    let refresh = RefreshToken::generate(&app.clock);
    db::oauth_grants::insert(tx, &grant).await?;
    db::oauth_grants::insert_refresh(tx, refresh.hash(), grant.id, now).await?;
    let detail = serde_json::json!({
        "client": grant.client, "name": grant.name, "scope": grant.scope, "device": device.id,
    });
    let actor = actor_of(user, grant.id, address);
    tx.audit(&app.clock, &actor, ("oauth.login", &grant.id), detail)
        .await?;
    Ok(Opened {
        grant,
        username: user.username.clone(),
        refresh,
    })
}

fn actor_of(user: &User, grant: TokenGrantId, address: IpAddr) -> Actor {
    Actor::User {
        id: user.id,
        username: user.username.clone(),
        via: Via::Token { grant },
        address,
    }
}

/// The next tokens for a refresh token, which is used up by it. A used one that comes again ends its
/// login: nodes refuse its access tokens once their snapshot knows.
///
/// # Errors
/// The token is unknown, another client's or used, or its login is over.
pub async fn refresh(
    app: &App,
    client: &str,
    refresh_token: &str,
    address: IpAddr,
) -> Result<Tokens, OAuthError> {
    let hash = KeyHash::of(refresh_token);
    // What a replayed token does has to be committed, so being refused is no error of the transaction.
    let told: Result<Result<Opened, OAuthError>, OAuthError> = in_tx!(app.db, |tx| {
        if clients::find(tx, client).await?.is_none() {
            return Ok(Err(OAuthError::UnknownClient));
        }
        refresh_in(tx, app, client, hash, address).await
    });
    told?.map(|opened| opened.sign(app))
}

async fn refresh_in(
    tx: &mut Tx,
    app: &App,
    client: &str,
    hash: KeyHash,
    address: IpAddr,
) -> Result<Result<Opened, OAuthError>, OAuthError> {
    let Some(row) = db::oauth_grants::find_refresh(tx, hash).await? else {
        return Ok(Err(OAuthError::UnknownRefreshToken));
    };
    let grant = db::oauth_grants::find_locked(tx, row.grant).await?;
    let Some(grant) = grant.filter(|grant| grant.client == client) else {
        return Ok(Err(OAuthError::UnknownRefreshToken));
    };
    let user = db::users::find(tx, grant.user).await?;
    let Some(user) = user.filter(|user| !user.is_disabled()) else {
        return Ok(Err(OAuthError::UserDisabled));
    };
    // Once more, now that nobody else can use it at the same time.
    let row = db::oauth_grants::find_refresh(tx, hash).await?;
    if row.is_none_or(|row| row.used_at.is_some()) {
        if grant.has_ended() {
            return Ok(Err(Over::Ended.into()));
        }
        let actor = actor_of(&user, grant.id, address);
        grants::end_in(tx, &app.clock, &actor, &grant, Ending::Replayed).await?;
        return Ok(Err(OAuthError::Replayed));
    }
    let now = app.clock.now();
    let grant = match grant.refresh(now) {
        Ok(grant) => grant,
        Err(over) => return Ok(Err(over.into())),
    };
    let refresh = RefreshToken::generate(&app.clock);
    db::oauth_grants::use_refresh(tx, hash, now).await?;
    db::oauth_grants::insert_refresh(tx, refresh.hash(), grant.id, now).await?;
    db::oauth_grants::update(tx, &grant).await?;
    Ok(Ok(Opened {
        grant,
        username: user.username,
        refresh,
    }))
}
