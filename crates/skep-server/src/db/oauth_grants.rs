//! Tables `oauth_grants`, `oauth_refresh_tokens` and `oauth_revocations`.

use skep_formats::checksum::Sha256;

use crate::clock::Timestamp;
use crate::db::row::{At, micros, time};
use crate::db::{Change, Conn, DbError, Driver, Tx, oauth_devices};
use crate::ids::{TokenGrantId, UserId};
use crate::oauth::grants::{Grant, GrantState};
use crate::secret_text::KeyHash;

row! {
    struct GrantRow {
        id: String, user_id: String, client_id: String, name: String, scope: String, created_at: i64,
        expires_at: i64, refreshed_at: i64, ended_at: Option<i64>, ended_because: Option<String>,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, client_id, name, scope, created_at, expires_at, refreshed_at, ",
            "ended_at, ended_because FROM oauth_grants",
            $rest
        )
    };
}

impl TryFrom<GrantRow> for Grant {
    type Error = DbError;
    fn try_from(row: GrantRow) -> Result<Self, DbError> {
        let at = At {
            table: "oauth_grants",
            id: &row.id,
        };
        let state = match (time(row.ended_at), row.ended_because) {
            (None, None) => GrantState::Open,
            (Some(since), Some(because)) => GrantState::Ended {
                since,
                because: at.parse(&because)?,
            },
            _ => return Err(at.corrupt("it has ended only by half")),
        };
        Ok(Self {
            id: at.parse(&row.id)?,
            user: at.parse(&row.user_id)?,
            client: row.client_id,
            name: row.name,
            scope: oauth_devices::scope(at, &row.scope)?,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            refreshed_at: Timestamp::from_micros(row.refreshed_at),
            state,
        })
    }
}

/// The grant of this id; until the transaction ends nobody else changes it.
pub async fn find_locked(tx: &mut Tx, id: TokenGrantId) -> Result<Option<Grant>, DbError> {
    let id = id.to_string();
    // SQLite has one writer, and this is it.
    let row = if matches!(tx.driver(), Driver::Postgres(_)) {
        fetch_optional!(
            tx,
            GrantRow,
            select!(" WHERE id = $1 FOR NO KEY UPDATE"),
            &id
        )?
    } else {
        fetch_optional!(tx, GrantRow, select!(" WHERE id = $1"), &id)?
    };
    row.map(Grant::try_from).transpose()
}

/// The open grants of a user, the newest first.
pub async fn list_by_user(
    conn: &mut Conn,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<Grant>, DbError> {
    let sql = select!(
        " WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id"
    );
    let rows = fetch_all!(conn, GrantRow, sql, user.to_string(), now.micros())?;
    rows.into_iter().map(Grant::try_from).collect()
}

/// The open grants of a client.
pub async fn list_by_client(
    conn: &mut Conn,
    client: &str,
    now: Timestamp,
) -> Result<Vec<Grant>, DbError> {
    let sql = select!(" WHERE client_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY id");
    let rows = fetch_all!(conn, GrantRow, sql, client, now.micros())?;
    rows.into_iter().map(Grant::try_from).collect()
}

/// Enters a grant.
pub async fn insert(tx: &mut Tx, grant: &Grant) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO oauth_grants (id, user_id, client_id, name, scope, created_at, expires_at, \
         refreshed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        grant.id.to_string(),
        grant.user.to_string(),
        &grant.client,
        &grant.name,
        grant.scope.scope(),
        grant.created_at.micros(),
        grant.expires_at.micros(),
        grant.refreshed_at.micros()
    )?;
    Ok(())
}

/// Writes all of a grant that can change.
pub async fn update(tx: &mut Tx, grant: &Grant) -> Result<(), DbError> {
    let (since, because) = match grant.state {
        GrantState::Open => (None, None),
        GrantState::Ended { since, because } => (Some(since), Some(because.as_str())),
    };
    execute!(
        tx,
        "UPDATE oauth_grants SET refreshed_at = $2, ended_at = $3, ended_because = $4 WHERE id = $1",
        grant.id.to_string(),
        grant.refreshed_at.micros(),
        micros(since),
        because
    )?;
    Ok(())
}

/// A refresh token, by what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshRow {
    /// What it belongs to.
    pub grant: TokenGrantId,
    /// Exchanged for the next one since.
    pub used_at: Option<Timestamp>,
}

/// The refresh token that a hash stands for.
pub async fn find_refresh(conn: &mut Conn, hash: KeyHash) -> Result<Option<RefreshRow>, DbError> {
    let KeyHash(Sha256(bytes)) = hash;
    let sql = "SELECT grant_id, used_at FROM oauth_refresh_tokens WHERE token_sha256 = $1";
    let row = fetch_optional!(conn, (String, Option<i64>), sql, &bytes[..])?;
    row.map(|(grant, used_at)| {
        let at = At {
            table: "oauth_refresh_tokens",
            id: &grant,
        };
        Ok(RefreshRow {
            grant: at.parse(&grant)?,
            used_at: time(used_at),
        })
    })
    .transpose()
}

/// Enters a refresh token of a grant.
pub async fn insert_refresh(
    tx: &mut Tx,
    hash: KeyHash,
    grant: TokenGrantId,
    now: Timestamp,
) -> Result<(), DbError> {
    let KeyHash(Sha256(bytes)) = hash;
    execute!(
        tx,
        "INSERT INTO oauth_refresh_tokens (token_sha256, grant_id, created_at) VALUES ($1, $2, $3)",
        &bytes[..],
        grant.to_string(),
        now.micros()
    )?;
    Ok(())
}

/// Notes that a refresh token was exchanged.
pub async fn use_refresh(tx: &mut Tx, hash: KeyHash, now: Timestamp) -> Result<(), DbError> {
    let KeyHash(Sha256(bytes)) = hash;
    let sql = "UPDATE oauth_refresh_tokens SET used_at = $2 WHERE token_sha256 = $1";
    execute!(tx, sql, &bytes[..], now.micros())?;
    Ok(())
}

/// Refuses the access tokens of a grant from now on, on every node.
pub async fn revoke(
    tx: &mut Tx,
    grant: TokenGrantId,
    now: Timestamp,
    needed_until: Timestamp,
) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO oauth_revocations (grant_id, revoked_at, needed_until) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
        grant.to_string(),
        now.micros(),
        needed_until.micros()
    )?;
    tx.changed(Change::Revocation(grant));
    Ok(())
}

/// Deletes some of what is of no use anymore: revocations of tokens that have expired, logins that
/// nobody confirmed, and grants that ended before `ended_before`. How many.
pub async fn prune(tx: &mut Tx, now: Timestamp, ended_before: Timestamp) -> Result<u64, DbError> {
    let sql = "SELECT grant_id FROM oauth_revocations WHERE needed_until < $1 LIMIT 500";
    let over = fetch_all!(tx, (String,), sql, now.micros())?;
    for (id,) in &over {
        let at = At {
            table: "oauth_revocations",
            id,
        };
        execute!(tx, "DELETE FROM oauth_revocations WHERE grant_id = $1", id)?;
        tx.changed(Change::Revocation(at.parse(id)?));
    }
    let codes = "DELETE FROM oauth_device_codes WHERE id IN \
                 (SELECT id FROM oauth_device_codes WHERE expires_at < $1 LIMIT 500)";
    let codes = execute!(tx, codes, ended_before.micros())?;
    let grants = "DELETE FROM oauth_grants WHERE id IN \
                  (SELECT id FROM oauth_grants WHERE expires_at < $1 OR ended_at < $1 LIMIT 500)";
    let grants = execute!(tx, grants, ended_before.micros())?;
    Ok(over.len() as u64 + codes + grants)
}
