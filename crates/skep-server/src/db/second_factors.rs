//! The second factor in table `users`, and table `recovery_codes`.

use skep_formats::checksum::Sha256;
use sqlx::QueryBuilder;

use crate::accounts::totp::TotpSecret;
use crate::clock::Timestamp;
use crate::db::row::{At, time};
use crate::db::{Conn, DbError, Tx};
use crate::ids::UserId;

/// A user's second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// What the app and we share.
    pub secret: TotpSecret,
    /// Since when it counts; `None` = the app has not shown a right code yet.
    pub confirmed_at: Option<Timestamp>,
    /// The last time step whose code was taken.
    pub last_step: Option<i64>,
    /// With what it came.
    pub last_via: Option<String>,
}

type Columns = (Option<Vec<u8>>, Option<i64>, Option<i64>, Option<String>);

/// A user's second factor; `None` = there is none.
pub async fn find(conn: &mut Conn, user: UserId) -> Result<Option<SecondFactor>, DbError> {
    let sql = "SELECT totp_secret, totp_confirmed_at, totp_last_step, totp_last_via FROM users WHERE id = $1";
    let id = user.to_string();
    let at = At {
        table: "users",
        id: &id,
    };
    let Some((Some(secret), confirmed_at, last_step, last_via)) =
        fetch_optional!(conn, Columns, sql, &id)?
    else {
        return Ok(None);
    };
    Ok(Some(SecondFactor {
        secret: TotpSecret::try_from(&secret[..]).map_err(|error| at.corrupt(error))?,
        confirmed_at: time(confirmed_at),
        last_step,
        last_via,
    }))
}

/// Sets the secret of a user whose second factor does not count yet; `false` if it does.
pub async fn propose(tx: &mut Tx, user: UserId, secret: &TotpSecret) -> Result<bool, DbError> {
    let sql = "UPDATE users SET totp_secret = $2, totp_last_step = NULL, totp_last_via = NULL \
               WHERE id = $1 AND totp_confirmed_at IS NULL";
    Ok(execute!(tx, sql, user.to_string(), &secret.as_bytes()[..])? > 0)
}

/// The second factor counts from now on.
pub async fn confirm(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE users SET totp_confirmed_at = $2 WHERE id = $1";
    execute!(tx, sql, user.to_string(), now.micros())?;
    Ok(())
}

/// Takes the code of a step; `false` if it or a later one was taken before.
pub async fn take_step(tx: &mut Tx, user: UserId, step: i64, via: &str) -> Result<bool, DbError> {
    let sql = "UPDATE users SET totp_last_step = $2, totp_last_via = $3 \
               WHERE id = $1 AND (totp_last_step IS NULL OR totp_last_step < $2)";
    Ok(execute!(tx, sql, user.to_string(), step, via)? > 0)
}

/// Takes a second factor and its recovery codes away; `false` if there was none.
pub async fn delete(tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
    let sql = "UPDATE users SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL, \
               totp_last_via = NULL WHERE id = $1 AND totp_secret IS NOT NULL";
    let was_there = execute!(tx, sql, user.to_string())? > 0;
    delete_codes(tx, user).await?;
    Ok(was_there)
}

async fn delete_codes(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    let sql = "DELETE FROM recovery_codes WHERE user_id = $1";
    execute!(tx, sql, user.to_string())?;
    Ok(())
}

/// Gives a user these recovery codes instead of all others.
pub async fn replace_codes(tx: &mut Tx, user: UserId, codes: &[Sha256]) -> Result<(), DbError> {
    delete_codes(tx, user).await?;
    let user = user.to_string();
    on_db!(tx, |c| {
        let mut insert = QueryBuilder::new("INSERT INTO recovery_codes (user_id, code_sha256) ");
        insert.push_values(codes, |mut row, code| {
            row.push_bind(&user).push_bind(&code.as_bytes()[..]);
        });
        insert
            .build()
            .persistent(false)
            .execute(c)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// How many recovery codes a user has left.
pub async fn count_codes(conn: &mut Conn, user: UserId) -> Result<i64, DbError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL";
    let (count,) = fetch_one!(conn, (i64,), sql, user.to_string())?;
    Ok(count)
}

/// Takes a recovery code; `false` if it is none or was taken before.
pub async fn take_code(
    tx: &mut Tx,
    user: UserId,
    code: &Sha256,
    (now, via): (Timestamp, &str),
) -> Result<bool, DbError> {
    let sql = "UPDATE recovery_codes SET used_at = $3, used_via = $4 \
               WHERE user_id = $1 AND code_sha256 = $2 AND used_at IS NULL";
    let code = &code.as_bytes()[..];
    Ok(execute!(tx, sql, user.to_string(), code, now.micros(), via)? > 0)
}

/// Whether a recovery code was taken since `since`, and came with this.
pub async fn was_code_taken(
    conn: &mut Conn,
    user: UserId,
    code: &Sha256,
    (since, via): (Timestamp, &str),
) -> Result<bool, DbError> {
    let sql = "SELECT used_at FROM recovery_codes \
               WHERE user_id = $1 AND code_sha256 = $2 AND used_at >= $3 AND used_via = $4";
    let code = &code.as_bytes()[..];
    let row = fetch_optional!(
        conn,
        (i64,),
        sql,
        user.to_string(),
        code,
        since.micros(),
        via
    )?;
    Ok(row.is_some())
}
