//! Tables `attempts` and `known_addresses`.

use std::net::IpAddr;

use crate::clock::Timestamp;
use crate::db::{Conn, DbError, Tx};
use crate::ids::UserId;

/// How often something was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How often.
    pub count: i64,
    /// When last.
    pub last_at: Timestamp,
}

/// The count of a (kind, subject); nobody else changes it until the transaction ends. One whose last
/// attempt was before `forgotten` starts anew.
pub async fn lock(
    tx: &mut Tx,
    (kind, subject): (&str, &str),
    now: Timestamp,
    forgotten: Timestamp,
) -> Result<Count, DbError> {
    let insert = "INSERT INTO attempts (kind, subject, count, since, last_at) VALUES ($1, $2, 0, $3, $3) \
                  ON CONFLICT DO NOTHING";
    execute!(tx, insert, kind, subject, now.micros())?;
    let sql = "UPDATE attempts SET count = CASE WHEN last_at < $3 THEN 0 ELSE count END \
               WHERE kind = $1 AND subject = $2 RETURNING count, last_at";
    let (count, last_at) = fetch_one!(tx, (i64, i64), sql, kind, subject, forgotten.micros())?;
    Ok(Count {
        count,
        last_at: Timestamp::from_micros(last_at),
    })
}

/// Counts one more.
pub async fn increment(
    tx: &mut Tx,
    (kind, subject): (&str, &str),
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "UPDATE attempts SET since = CASE WHEN count = 0 THEN $3 ELSE since END, count = count + 1, \
               last_at = $3 WHERE kind = $1 AND subject = $2";
    execute!(tx, sql, kind, subject, now.micros())?;
    Ok(())
}

/// Counts one less.
pub async fn decrement(tx: &mut Tx, (kind, subject): (&str, &str)) -> Result<(), DbError> {
    let sql =
        "UPDATE attempts SET count = count - 1 WHERE kind = $1 AND subject = $2 AND count > 0";
    execute!(tx, sql, kind, subject)?;
    Ok(())
}

/// Forgets a count.
pub async fn delete(tx: &mut Tx, (kind, subject): (&str, &str)) -> Result<(), DbError> {
    let sql = "DELETE FROM attempts WHERE kind = $1 AND subject = $2";
    execute!(tx, sql, kind, subject)?;
    Ok(())
}

/// Forgets every count of an account, from all addresses.
pub async fn delete_of_account(tx: &mut Tx, account: &str) -> Result<(), DbError> {
    let sql = "DELETE FROM attempts WHERE subject = $1 OR subject LIKE $2";
    let (own, pairs) = (format!("account:{account}"), format!("pair:{account}|%"));
    execute!(tx, sql, &own, &pairs)?;
    Ok(())
}

/// Forgets what was last tried before `before`.
pub async fn delete_before(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    execute!(
        tx,
        "DELETE FROM attempts WHERE last_at < $1",
        before.micros()
    )
}

/// Whether a user has been at an address.
pub async fn is_known_address(
    conn: &mut Conn,
    user: UserId,
    address: IpAddr,
) -> Result<bool, DbError> {
    let sql = "SELECT last_at FROM known_addresses WHERE user_id = $1 AND address = $2";
    let row = fetch_optional!(conn, (i64,), sql, user.to_string(), address.to_string())?;
    Ok(row.is_some())
}

/// Notes that a user has been at an address.
pub async fn upsert_known_address(
    tx: &mut Tx,
    user: UserId,
    address: IpAddr,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "INSERT INTO known_addresses (user_id, address, last_at) VALUES ($1, $2, $3) \
               ON CONFLICT (user_id, address) DO UPDATE SET last_at = excluded.last_at";
    execute!(tx, sql, user.to_string(), address.to_string(), now.micros())?;
    Ok(())
}

/// Forgets addresses where users have not been since `before`.
pub async fn delete_known_addresses_before(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    let sql = "DELETE FROM known_addresses WHERE last_at < $1";
    execute!(tx, sql, before.micros())
}
