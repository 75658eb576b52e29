//! Table `one_time_links`.

use skep_formats::checksum::Sha256;

use crate::clock::Timestamp;
use crate::db::row::At;
use crate::db::{Conn, DbError, Tx};
use crate::ids::UserId;

/// Adds a link, in place of the user's others.
pub async fn replace(
    tx: &mut Tx,
    user: UserId,
    hash: &Sha256,
    (created_at, expires_at): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    delete_of_user(tx, user).await?;
    execute!(
        tx,
        "INSERT INTO one_time_links (code_sha256, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        &hash.as_bytes()[..],
        user.to_string(),
        created_at.micros(),
        expires_at.micros()
    )?;
    Ok(())
}

/// Whose link this is, and until when.
pub async fn find(conn: &mut Conn, hash: &Sha256) -> Result<Option<(UserId, Timestamp)>, DbError> {
    let sql = "SELECT user_id, expires_at FROM one_time_links WHERE code_sha256 = $1";
    let Some((user, expires_at)) = fetch_optional!(conn, (String, i64), sql, &hash.as_bytes()[..])?
    else {
        return Ok(None);
    };
    let at = At {
        table: "one_time_links",
        id: &user,
    };
    Ok(Some((at.parse(&user)?, Timestamp::from_micros(expires_at))))
}

/// Takes a link; `false` if somebody else has in the meantime.
pub async fn delete(tx: &mut Tx, hash: &Sha256) -> Result<bool, DbError> {
    let sql = "DELETE FROM one_time_links WHERE code_sha256 = $1";
    Ok(execute!(tx, sql, &hash.as_bytes()[..])? > 0)
}

/// Takes away the links of a user.
pub async fn delete_of_user(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    let sql = "DELETE FROM one_time_links WHERE user_id = $1";
    execute!(tx, sql, user.to_string())?;
    Ok(())
}

/// Forgets what ended before `before`.
pub async fn delete_before(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let sql = "DELETE FROM one_time_links WHERE expires_at < $1";
    execute!(tx, sql, before.micros())
}
