//! Users and API keys as the snapshot holds them.

use crate::accounts::member::{ApiKeyFacts, UserFacts};
use crate::db::api_keys::permissions;
use crate::db::row::{At, time};
use crate::db::snapshot::reload::{found, texts};
use crate::db::{Conn, DbError};
use crate::ids::{ApiKeyId, TokenGrantId, UserId};
use crate::secret_text::KeyHash;

macro_rules! users {
    () => {
        "SELECT id, username, role, disabled_at FROM users"
    };
}

macro_rules! api_keys {
    () => {
        "SELECT id, user_id, key_sha256, permissions, expires_at, revoked_at FROM api_keys"
    };
}

type UserColumns = (String, String, String, Option<i64>);

fn user((id, username, role, disabled_at): UserColumns) -> Result<UserFacts, DbError> {
    let at = At {
        table: "users",
        id: &id,
    };
    Ok(UserFacts {
        id: at.parse(&id)?,
        username: username.into(),
        role: at.parse(&role)?,
        disabled_at: time(disabled_at),
    })
}

type ApiKeyColumns = (String, String, Vec<u8>, String, Option<i64>, Option<i64>);

fn api_key(row: ApiKeyColumns) -> Result<ApiKeyFacts, DbError> {
    let (id, user, hash, scopes, expires_at, revoked_at) = row;
    let at = At {
        table: "api_keys",
        id: &id,
    };
    Ok(ApiKeyFacts {
        id: at.parse(&id)?,
        user: at.parse(&user)?,
        hash: KeyHash(at.sha256(&hash)?),
        permissions: permissions(at, &scopes)?,
        expires_at: time(expires_at),
        revoked_at: time(revoked_at),
    })
}

/// Every user and every API key.
pub(super) async fn load(conn: &mut Conn) -> Result<(Vec<UserFacts>, Vec<ApiKeyFacts>), DbError> {
    let users = fetch_all!(conn, UserColumns, users!())?;
    let keys = fetch_all!(conn, ApiKeyColumns, api_keys!())?;
    Ok((
        users.into_iter().map(user).collect::<Result<_, _>>()?,
        keys.into_iter().map(api_key).collect::<Result<_, _>>()?,
    ))
}

pub(super) async fn reload_users(
    conn: &mut Conn,
    ids: &[UserId],
) -> Result<Vec<(UserId, Option<UserFacts>)>, DbError> {
    let rows = fetch_in!(
        conn,
        UserColumns,
        concat!(users!(), " WHERE id IN"),
        texts(ids)
    )?;
    let users = rows.into_iter().map(user).collect::<Result<_, _>>()?;
    Ok(found(ids, users, |user| user.id))
}

pub(super) async fn reload_api_keys(
    conn: &mut Conn,
    ids: &[ApiKeyId],
) -> Result<Vec<(ApiKeyId, Option<ApiKeyFacts>)>, DbError> {
    let rows = fetch_in!(
        conn,
        ApiKeyColumns,
        concat!(api_keys!(), " WHERE id IN"),
        texts(ids)
    )?;
    let keys = rows.into_iter().map(api_key).collect::<Result<_, _>>()?;
    Ok(found(ids, keys, |key| key.id))
}

macro_rules! revocations {
    () => {
        "SELECT grant_id FROM oauth_revocations"
    };
}

fn revocation((id,): (String,)) -> Result<TokenGrantId, DbError> {
    At {
        table: "oauth_revocations",
        id: &id,
    }
    .parse(&id)
}

/// Every login whose tokens are refused.
pub(super) async fn load_revocations(conn: &mut Conn) -> Result<Vec<TokenGrantId>, DbError> {
    let rows = fetch_all!(conn, (String,), revocations!())?;
    rows.into_iter().map(revocation).collect()
}

pub(super) async fn reload_revocations(
    conn: &mut Conn,
    ids: &[TokenGrantId],
) -> Result<Vec<(TokenGrantId, Option<()>)>, DbError> {
    let rows = fetch_in!(
        conn,
        (String,),
        concat!(revocations!(), " WHERE grant_id IN"),
        texts(ids)
    )?;
    let revoked: Vec<TokenGrantId> = rows.into_iter().map(revocation).collect::<Result<_, _>>()?;
    let is_revoked = |id: &TokenGrantId| revoked.contains(id).then_some(());
    Ok(ids.iter().map(|id| (*id, is_revoked(id))).collect())
}
