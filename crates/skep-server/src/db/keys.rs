//! Table `license_keys`.

use skep_formats::checksum::Sha256;
use sqlx::QueryBuilder;

use crate::clock::Timestamp;
use crate::db::row::{At, micros, time};
use crate::db::{Change, Conn, DbError, Tx};
use crate::ids::{KeyId, LicenseId};
use crate::licensing::key::{KeyHash, KeyRecord};

/// Keys of one statement. A full one is prepared once.
const CHUNK: usize = 500;

row! {
    struct KeyRow {
        id: String, license_id: String, key_sha256: Vec<u8>, hint: String, label: String,
        created_at: i64, expires_at: Option<i64>, revoked_at: Option<i64>, rotated_at: Option<i64>,
        last_used_at: Option<i64>,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, license_id, key_sha256, hint, label, created_at, expires_at, revoked_at, ",
            "rotated_at, last_used_at FROM license_keys",
            $rest
        )
    };
}

impl TryFrom<KeyRow> for KeyRecord {
    type Error = DbError;
    fn try_from(row: KeyRow) -> Result<Self, DbError> {
        let at = At {
            table: "license_keys",
            id: &row.id,
        };
        Ok(Self {
            id: at.parse(&row.id)?,
            license: at.parse(&row.license_id)?,
            hash: KeyHash(at.sha256(&row.key_sha256)?),
            hint: row.hint,
            label: row.label,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: time(row.expires_at),
            revoked_at: time(row.revoked_at),
            rotated_at: time(row.rotated_at),
            last_used_at: time(row.last_used_at),
        })
    }
}

/// The key of this id.
pub async fn find(conn: &mut Conn, id: KeyId) -> Result<Option<KeyRecord>, DbError> {
    let row = fetch_optional!(conn, KeyRow, select!(" WHERE id = $1"), id.to_string())?;
    row.map(KeyRecord::try_from).transpose()
}

/// The key that a hash stands for.
pub async fn find_by_hash(conn: &mut Conn, hash: KeyHash) -> Result<Option<KeyRecord>, DbError> {
    let KeyHash(Sha256(bytes)) = hash;
    let row = fetch_optional!(conn, KeyRow, select!(" WHERE key_sha256 = $1"), &bytes[..])?;
    row.map(KeyRecord::try_from).transpose()
}

/// The keys of a license, oldest first.
pub async fn list(conn: &mut Conn, license: LicenseId) -> Result<Vec<KeyRecord>, DbError> {
    let sql = select!(" WHERE license_id = $1 ORDER BY created_at, id");
    let rows = fetch_all!(conn, KeyRow, sql, license.to_string())?;
    rows.into_iter().map(KeyRecord::try_from).collect()
}

/// Adds a key.
pub async fn insert(tx: &mut Tx, key: &KeyRecord) -> Result<(), DbError> {
    let KeyHash(Sha256(bytes)) = key.hash;
    execute!(
        tx,
        "INSERT INTO license_keys (id, license_id, key_sha256, hint, label, created_at, expires_at, \
         revoked_at, rotated_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        key.id.to_string(),
        key.license.to_string(),
        &bytes[..],
        &key.hint,
        &key.label,
        key.created_at.micros(),
        micros(key.expires_at),
        micros(key.revoked_at),
        micros(key.rotated_at),
        micros(key.last_used_at)
    )?;
    tx.changed(Change::Key(key.id));
    Ok(())
}

/// Writes all of a key that can change, except its last use.
pub async fn update(tx: &mut Tx, key: &KeyRecord) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE license_keys SET label = $2, expires_at = $3, revoked_at = $4, rotated_at = $5 WHERE id = $1",
        key.id.to_string(),
        &key.label,
        micros(key.expires_at),
        micros(key.revoked_at),
        micros(key.rotated_at)
    )?;
    tx.changed(Change::Key(key.id));
    Ok(())
}

/// Notes when keys were used last, each key once; never moves backwards. The snapshot does not hold
/// it: no change.
pub async fn update_last_used_at(tx: &mut Tx, used: &[(KeyId, Timestamp)]) -> Result<(), DbError> {
    for chunk in used.chunks(CHUNK) {
        on_db!(tx, |c| {
            let mut update = QueryBuilder::new("WITH used (id, at) AS (");
            update.push_values(chunk, |mut row, (id, at)| {
                row.push_bind(id.to_string()).push_bind(at.micros());
            });
            update.push(
                ") UPDATE license_keys SET last_used_at = used.at FROM used \
                 WHERE license_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)",
            );
            let update = update.build().persistent(chunk.len() == CHUNK);
            update.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}
