//! Table `api_keys`.

use skep_formats::checksum::Sha256;

use crate::accounts::api_key::ApiKeyRecord;
use crate::accounts::permission::Permissions;
use crate::clock::Timestamp;
use crate::db::row::{At, micros, time};
use crate::db::{Change, Conn, DbError, Tx};
use crate::ids::{ApiKeyId, UserId};
use crate::secret_text::KeyHash;

row! {
    struct ApiKeyRow {
        id: String, user_id: String, name: String, key_sha256: Vec<u8>, hint: String,
        permissions: String, created_at: i64, expires_at: Option<i64>, revoked_at: Option<i64>,
        last_used_at: Option<i64>,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, name, key_sha256, hint, permissions, created_at, expires_at, ",
            "revoked_at, last_used_at FROM api_keys",
            $rest
        )
    };
}

impl TryFrom<ApiKeyRow> for ApiKeyRecord {
    type Error = DbError;
    fn try_from(row: ApiKeyRow) -> Result<Self, DbError> {
        let at = At {
            table: "api_keys",
            id: &row.id,
        };
        Ok(Self {
            id: at.parse(&row.id)?,
            user: at.parse(&row.user_id)?,
            hash: KeyHash(at.sha256(&row.key_sha256)?),
            permissions: permissions(at, &row.permissions)?,
            name: row.name,
            hint: row.hint,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: time(row.expires_at),
            revoked_at: time(row.revoked_at),
            last_used_at: time(row.last_used_at),
        })
    }
}

/// Permissions as the database has them.
pub(super) fn permissions(at: At<'_>, json: &str) -> Result<Permissions, DbError> {
    serde_json::from_str(json).map_err(|error| at.corrupt(error))
}

/// The key of this id.
pub async fn find(conn: &mut Conn, id: ApiKeyId) -> Result<Option<ApiKeyRecord>, DbError> {
    let row = fetch_optional!(conn, ApiKeyRow, select!(" WHERE id = $1"), id.to_string())?;
    row.map(ApiKeyRecord::try_from).transpose()
}

/// The key that a hash stands for.
pub async fn find_by_hash(conn: &mut Conn, hash: KeyHash) -> Result<Option<ApiKeyRecord>, DbError> {
    let KeyHash(Sha256(bytes)) = hash;
    let row = fetch_optional!(
        conn,
        ApiKeyRow,
        select!(" WHERE key_sha256 = $1"),
        &bytes[..]
    )?;
    row.map(ApiKeyRecord::try_from).transpose()
}

/// The keys of a user, oldest first.
pub async fn list(conn: &mut Conn, user: UserId) -> Result<Vec<ApiKeyRecord>, DbError> {
    let sql = select!(" WHERE user_id = $1 ORDER BY created_at, id");
    let rows = fetch_all!(conn, ApiKeyRow, sql, user.to_string())?;
    rows.into_iter().map(ApiKeyRecord::try_from).collect()
}

/// Adds a key.
pub async fn insert(tx: &mut Tx, key: &ApiKeyRecord) -> Result<(), DbError> {
    let KeyHash(Sha256(bytes)) = key.hash;
    let permissions =
        serde_json::to_string(&key.permissions).expect("a list of texts is always JSON");
    execute!(
        tx,
        "INSERT INTO api_keys (id, user_id, name, key_sha256, hint, permissions, created_at, expires_at, \
         revoked_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        key.id.to_string(),
        key.user.to_string(),
        &key.name,
        &bytes[..],
        &key.hint,
        &permissions,
        key.created_at.micros(),
        micros(key.expires_at),
        micros(key.revoked_at),
        micros(key.last_used_at)
    )?;
    tx.changed(Change::ApiKey(key.id));
    Ok(())
}

/// Refuses a key since `at`.
pub async fn revoke(tx: &mut Tx, id: ApiKeyId, at: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1";
    execute!(tx, sql, id.to_string(), at.micros())?;
    tx.changed(Change::ApiKey(id));
    Ok(())
}

/// Notes that a key was used; never moves backwards. The snapshot does not hold it: no change.
pub async fn update_last_used_at(tx: &mut Tx, id: ApiKeyId, at: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE api_keys SET last_used_at = $2 \
               WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    execute!(tx, sql, id.to_string(), at.micros())?;
    Ok(())
}
