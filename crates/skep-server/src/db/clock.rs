//! The clock of the machine that the database runs on.

use crate::clock::Timestamp;
use crate::db::{Db, DbError};

/// What time it is there; `None` when that is this machine.
///
/// # Errors
/// The database does not answer.
pub async fn now(db: &Db) -> Result<Option<Timestamp>, DbError> {
    if !db.is_postgres() {
        return Ok(None);
    }
    const SQL: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
    let mut conn = db.read().await?;
    let row = fetch_optional!(&mut conn, (i64,), SQL)?;
    Ok(row.map(|(micros,)| Timestamp::from_micros(micros)))
}
