//! Making, listing and revoking API keys.

use crate::accounts::api_key::{ApiKey, ApiKeyRecord};
use crate::accounts::permission::Permissions;
use crate::accounts::unknown::Unknown;
use crate::accounts::user::User;
use crate::accounts::users;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::db::{self, Conn, DbError, Tx, in_tx};
use crate::ids::{ApiKeyId, UserId};

/// A name is at most this long.
const LONGEST_NAME: usize = 100;

/// Why an API key was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// Nothing to call it, or far too much.
    #[error("the name of an API key has 1 to {LONGEST_NAME} characters")]
    Name,
    /// It would open nothing.
    #[error("an API key needs at least one permission: `api` is the usual one")]
    NoPermission,
    /// Its user may nothing.
    #[error("user `{username}` is disabled: `skep user enable {username}` comes first")]
    Disabled {
        /// Who.
        username: String,
    },
    /// It is closed.
    #[error("API key `{name}` ({id}) is revoked since {}", .since.date())]
    Revoked {
        /// Which key.
        id: ApiKeyId,
        /// What it was called.
        name: String,
        /// Since when.
        since: Timestamp,
    },
    /// No such user or key.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct Create {
    /// The user's name, address or id.
    pub user: String,
    /// What to call it. When the user has a live key of this name, a number is added.
    pub name: String,
    /// What it may be used for.
    pub permissions: Permissions,
    /// Refused after.
    pub expires_at: Option<Timestamp>,
    /// Who makes it.
    pub actor: Actor,
}

/// A key that was made. The secret exists only here.
#[derive(Clone, Debug)]
pub struct Created {
    /// Whose it is.
    pub user: User,
    /// The key.
    pub key: ApiKeyRecord,
    /// What the user needs.
    pub secret: ApiKey,
}

/// Makes a key for a user.
pub async fn create(app: &App, request: &Create) -> Result<Created, ApiKeyError> {
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        return Err(ApiKeyError::Name);
    }
    if request.permissions.iter().next().is_none() {
        return Err(ApiKeyError::NoPermission);
    }
    in_tx!(app.db, |tx| {
        db::users::lock_all(tx).await?;
        let user = users::find(tx, &request.user).await??;
        if user.is_disabled() {
            let username = user.username;
            return Err(ApiKeyError::Disabled { username });
        }
        let name = free_name(&live(tx, user.id).await?, name);
        let permissions = request.permissions.clone();
        let (key, secret) =
            ApiKeyRecord::new(&app.clock, user.id, name, permissions, request.expires_at);
        db::api_keys::insert(tx, &key).await?;
        let detail = serde_json::json!({
            "user": user.username, "name": key.name, "permissions": key.permissions, "expires_at": key.expires_at,
        });
        tx.audit(
            &app.clock,
            &request.actor,
            ("api_key.create", &key.id),
            detail,
        )
        .await?;
        Ok(Created { user, key, secret })
    })
}

/// `name`, or the first of `name-2`, `name-3`, … that no live key has.
fn free_name(live: &[ApiKeyRecord], name: &str) -> String {
    let is_free = |name: &String| !live.iter().any(|key| key.name == *name);
    std::iter::once(name.to_owned())
        .chain((2_u32..).map(|number| format!("{name}-{number}")))
        .find(is_free)
        .expect("there are more numbers than keys")
}

async fn live(conn: &mut Conn, user: UserId) -> Result<Vec<ApiKeyRecord>, DbError> {
    let mut keys = db::api_keys::list(conn, user).await?;
    keys.retain(|key| key.revoked_at.is_none());
    Ok(keys)
}

/// Every key of a user, revoked ones too, oldest first.
pub async fn list(app: &App, user: &str) -> Result<Vec<ApiKeyRecord>, ApiKeyError> {
    let mut conn = app.db.read().await?;
    let user = users::find(&mut conn, user).await??;
    Ok(db::api_keys::list(&mut conn, user.id).await?)
}

/// The live key that a user calls this.
pub async fn find_by_name(
    app: &App,
    user: UserId,
    name: &str,
) -> Result<ApiKeyRecord, ApiKeyError> {
    let keys = live(&mut app.db.read().await?, user).await?;
    let found = keys.into_iter().find(|key| key.name == name);
    Ok(found.ok_or_else(|| Unknown::api_key(name))?)
}

/// Refuses a key from now on.
pub async fn revoke(app: &App, id: ApiKeyId, actor: &Actor) -> Result<ApiKeyRecord, ApiKeyError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        db::users::lock_all(tx).await?;
        let key = db::api_keys::find(tx, id)
            .await?
            .ok_or_else(|| Unknown::api_key(id))?;
        revoke_found(tx, app, key, now, actor).await
    })
}

/// Refuses every live key of a user from now on; gives them.
pub async fn revoke_all(
    app: &App,
    user: UserId,
    actor: &Actor,
) -> Result<Vec<ApiKeyRecord>, ApiKeyError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        db::users::lock_all(tx).await?;
        let mut revoked = Vec::new();
        for key in live(tx, user).await? {
            revoked.push(revoke_found(tx, app, key, now, actor).await?);
        }
        Ok::<_, ApiKeyError>(revoked)
    })
}

async fn revoke_found(
    tx: &mut Tx,
    app: &App,
    key: ApiKeyRecord,
    now: Timestamp,
    actor: &Actor,
) -> Result<ApiKeyRecord, ApiKeyError> {
    if let Some(since) = key.revoked_at {
        let (id, name) = (key.id, key.name);
        return Err(ApiKeyError::Revoked { id, name, since });
    }
    db::api_keys::revoke(tx, key.id, now).await?;
    let detail = serde_json::json!({ "user": key.user, "name": key.name });
    tx.audit(&app.clock, actor, ("api_key.revoke", &key.id), detail)
        .await?;
    Ok(ApiKeyRecord {
        revoked_at: Some(now),
        ..key
    })
}
