//! Table `sessions`.

use skep_formats::checksum::Sha256;

use crate::accounts::sessions::Session;
use crate::clock::Timestamp;
use crate::db::row::At;
use crate::db::{Conn, DbError, Tx};
use crate::ids::{SessionId, UserId};

row! {
    struct SessionRow {
        id: String, user_id: String, created_at: i64, last_seen_at: i64, is_half: i64, address: String,
        user_agent: String,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, created_at, last_seen_at, is_half, address, user_agent FROM sessions",
            $rest
        )
    };
}

impl TryFrom<SessionRow> for Session {
    type Error = DbError;
    fn try_from(row: SessionRow) -> Result<Self, DbError> {
        let at = At {
            table: "sessions",
            id: &row.id,
        };
        Ok(Self {
            id: at.parse(&row.id)?,
            user: at.parse(&row.user_id)?,
            created_at: Timestamp::from_micros(row.created_at),
            last_seen_at: Timestamp::from_micros(row.last_seen_at),
            is_half: row.is_half != 0,
            address: at.parse(&row.address)?,
            user_agent: row.user_agent,
        })
    }
}

/// The session that the hash of a cookie stands for, whatever its age.
pub async fn find_by_hash(conn: &mut Conn, hash: &Sha256) -> Result<Option<Session>, DbError> {
    let sql = select!(" WHERE token_sha256 = $1");
    let row = fetch_optional!(conn, SessionRow, sql, &hash.as_bytes()[..])?;
    row.map(Session::try_from).transpose()
}

/// The sessions of a user, newest first.
pub async fn list(conn: &mut Conn, user: UserId) -> Result<Vec<Session>, DbError> {
    let sql = select!(" WHERE user_id = $1 ORDER BY created_at DESC, id DESC");
    let rows = fetch_all!(conn, SessionRow, sql, user.to_string())?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Adds a session.
pub async fn insert(tx: &mut Tx, session: &Session, hash: &Sha256) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO sessions (id, user_id, token_sha256, created_at, last_seen_at, is_half, address, \
         user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        session.id.to_string(),
        session.user.to_string(),
        &hash.as_bytes()[..],
        session.created_at.micros(),
        session.last_seen_at.micros(),
        i64::from(session.is_half),
        session.address.to_string(),
        &session.user_agent
    )?;
    Ok(())
}

/// Notes that a session is in use.
pub async fn touch(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE sessions SET last_seen_at = $2 WHERE id = $1";
    execute!(tx, sql, id.to_string(), now.micros())?;
    Ok(())
}

/// Ends a session of a user; `false` if it is over already.
pub async fn delete(tx: &mut Tx, user: UserId, id: SessionId) -> Result<bool, DbError> {
    let sql = "DELETE FROM sessions WHERE id = $1 AND user_id = $2";
    Ok(execute!(tx, sql, id.to_string(), user.to_string())? > 0)
}

/// Ends every session of a user but `kept`.
pub async fn delete_others(
    tx: &mut Tx,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<u64, DbError> {
    let kept = kept.map_or_else(String::new, |id| id.to_string());
    let sql = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2";
    execute!(tx, sql, user.to_string(), kept)
}

/// Forgets sessions that were made or last seen before these.
pub async fn delete_before(
    tx: &mut Tx,
    created: Timestamp,
    last_seen: Timestamp,
) -> Result<u64, DbError> {
    let sql = "DELETE FROM sessions WHERE created_at < $1 OR last_seen_at < $2";
    execute!(tx, sql, created.micros(), last_seen.micros())
}
