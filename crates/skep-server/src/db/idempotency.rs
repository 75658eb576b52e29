//! Table `idempotency_keys`: requests that must not be done twice, and what they were answered.

use skep_formats::checksum::Sha256;

use crate::clock::Timestamp;
use crate::db::row::{At, micros};
use crate::db::{Conn, DbError, Tx};
use crate::ids::UserId;

/// A request under a key. Only hashes: nobody knows what callers put into keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose key it is: everybody has their own.
    pub caller: UserId,
    /// The key.
    pub key: Sha256,
    /// Method, path and body.
    pub request: Sha256,
}

/// What is remembered of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The request that it came with.
    pub request: Sha256,
    /// Since when.
    pub created_at: Timestamp,
    /// Status and body of the answer; `None` = it has not been answered yet.
    pub answer: Option<(u16, serde_json::Value)>,
}

row! {
    struct Row { request_sha256: Vec<u8>, created_at: i64, status: Option<i64>, answer: Option<String> }
}

/// Enters a request that begins now; `false` when its key is known.
pub async fn insert(tx: &mut Tx, request: &Request, now: Timestamp) -> Result<bool, DbError> {
    let sql = "INSERT INTO idempotency_keys (caller, key_sha256, request_sha256, created_at) \
               VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let Sha256(key) = request.key;
    let Sha256(hash) = request.request;
    let caller = request.caller.to_string();
    Ok(execute!(tx, sql, caller, &key[..], &hash[..], now.micros())? == 1)
}

/// What is known of a request's key.
pub async fn find(conn: &mut Conn, request: &Request) -> Result<Option<Known>, DbError> {
    let sql = "SELECT request_sha256, created_at, status, answer FROM idempotency_keys \
               WHERE caller = $1 AND key_sha256 = $2";
    let Sha256(key) = request.key;
    let caller = request.caller.to_string();
    let row = fetch_optional!(conn, Row, sql, &caller, &key[..])?;
    let at = At {
        table: "idempotency_keys",
        id: &caller,
    };
    row.map(|row| {
        let answer = match (row.status, row.answer) {
            (Some(status), Some(text)) => {
                let body = serde_json::from_str(&text).map_err(|error| at.corrupt(error))?;
                Some((at.number("status", status)?, body))
            }
            _ => None,
        };
        Ok(Known {
            request: at.sha256(&row.request_sha256)?,
            created_at: Timestamp::from_micros(row.created_at),
            answer,
        })
    })
    .transpose()
}

/// Remembers how a request was answered.
pub async fn update_answer(
    tx: &mut Tx,
    request: &Request,
    (status, answer): (u16, &serde_json::Value),
) -> Result<(), DbError> {
    let sql = "UPDATE idempotency_keys SET status = $3, answer = $4 WHERE caller = $1 AND key_sha256 = $2";
    let Sha256(key) = request.key;
    let (caller, answer) = (request.caller.to_string(), answer.to_string());
    execute!(tx, sql, caller, &key[..], i64::from(status), answer)?;
    Ok(())
}

/// Forgets a request that did nothing.
pub async fn delete(tx: &mut Tx, request: &Request) -> Result<(), DbError> {
    let sql = "DELETE FROM idempotency_keys WHERE caller = $1 AND key_sha256 = $2";
    let Sha256(key) = request.key;
    execute!(tx, sql, request.caller.to_string(), &key[..])?;
    Ok(())
}

/// Forgets everything from before a moment.
pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<(), DbError> {
    let sql = "DELETE FROM idempotency_keys WHERE created_at < $1";
    execute!(tx, sql, micros(Some(before)))?;
    Ok(())
}
