//! Table `settings`: single values of this installation. Some are secret.

use crate::db::{Conn, DbError, Tx};

/// The value of a setting.
pub async fn find(conn: &mut Conn, name: &str) -> Result<Option<String>, DbError> {
    let row = fetch_optional!(
        conn,
        (String,),
        "SELECT value FROM settings WHERE name = $1",
        name
    )?;
    Ok(row.map(|(value,)| value))
}

/// The names of all settings, in order.
pub async fn names(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let rows = fetch_all!(conn, (String,), "SELECT name FROM settings ORDER BY name")?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Sets a setting that has no value yet; `false` if it has one, which stays.
pub async fn insert(tx: &mut Tx, name: &str, value: &str) -> Result<bool, DbError> {
    let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(execute!(tx, sql, name, value)? > 0)
}

/// Sets a setting, whatever it was.
pub async fn upsert(tx: &mut Tx, name: &str, value: &str) -> Result<(), DbError> {
    let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    execute!(tx, sql, name, value)?;
    Ok(())
}
