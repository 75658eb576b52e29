//! Table `users`.

use crate::accounts::role::Role;
use crate::accounts::user::User;
use crate::clock::Timestamp;
use crate::db::row::{At, micros, time};
use crate::db::{Change, Conn, DbError, Driver, Tx};
use crate::ids::UserId;

row! {
    struct UserRow {
        id: String, username: String, email: String, role: String, created_at: i64,
        disabled_at: Option<i64>, has_totp: i64, has_password: i64,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, username, email, role, created_at, disabled_at, ",
            "CAST(CASE WHEN totp_confirmed_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_totp, ",
            "CAST(CASE WHEN password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_password FROM users",
            $rest
        )
    };
}

impl TryFrom<UserRow> for User {
    type Error = DbError;
    fn try_from(row: UserRow) -> Result<Self, DbError> {
        let at = At {
            table: "users",
            id: &row.id,
        };
        Ok(Self {
            id: at.parse(&row.id)?,
            role: at.parse(&row.role)?,
            username: row.username,
            email: row.email,
            created_at: Timestamp::from_micros(row.created_at),
            disabled_at: time(row.disabled_at),
            has_totp: row.has_totp != 0,
            has_password: row.has_password != 0,
        })
    }
}

/// The user of this id.
pub async fn find(conn: &mut Conn, id: UserId) -> Result<Option<User>, DbError> {
    let row = fetch_optional!(conn, UserRow, select!(" WHERE id = $1"), id.to_string())?;
    row.map(User::try_from).transpose()
}

/// The user of this username or address, in lower case.
pub async fn find_by_name(conn: &mut Conn, name: &str) -> Result<Option<User>, DbError> {
    let sql = select!(" WHERE username = $1 OR email = $1");
    let row = fetch_optional!(conn, UserRow, sql, name)?;
    row.map(User::try_from).transpose()
}

/// Every user, by username.
pub async fn list(conn: &mut Conn) -> Result<Vec<User>, DbError> {
    let rows = fetch_all!(conn, UserRow, select!(""))?;
    let users = rows.into_iter().map(User::try_from);
    let mut users = users.collect::<Result<Vec<_>, _>>()?;
    // Here and not in SQL: the order of texts differs between databases and their locales.
    users.sort_by(|a, b| a.username.cmp(&b.username));
    Ok(users)
}

/// Adds a user, without a password and a second factor.
pub async fn insert(tx: &mut Tx, user: &User) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO users (id, username, email, role, created_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6)",
        user.id.to_string(),
        &user.username,
        &user.email,
        user.role.as_str(),
        user.created_at.micros(),
        micros(user.disabled_at)
    )?;
    tx.changed(Change::User(user.id));
    Ok(())
}

/// Writes a user's role, and whether they are disabled.
pub async fn update(tx: &mut Tx, user: &User) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE users SET role = $2, disabled_at = $3 WHERE id = $1",
        user.id.to_string(),
        user.role.as_str(),
        micros(user.disabled_at)
    )?;
    tx.changed(Change::User(user.id));
    Ok(())
}

/// Keeps every other writer from the users until the transaction ends: for rules about all of them.
pub async fn lock_all(tx: &mut Tx) -> Result<(), DbError> {
    // SQLite has one writer anyway.
    if matches!(tx.driver(), Driver::Postgres(_)) {
        execute!(tx, "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")?;
    }
    Ok(())
}

/// How many users of a role may log in.
pub async fn count_enabled(conn: &mut Conn, role: Role) -> Result<i64, DbError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM users WHERE role = $1 AND disabled_at IS NULL";
    let (count,) = fetch_one!(conn, (i64,), sql, role.as_str())?;
    Ok(count)
}

/// The hash of a user's password, if they have one.
pub async fn find_password_hash(conn: &mut Conn, id: UserId) -> Result<Option<String>, DbError> {
    let sql = "SELECT password_hash FROM users WHERE id = $1";
    let row = fetch_optional!(conn, (Option<String>,), sql, id.to_string())?;
    Ok(row.and_then(|(hash,)| hash))
}

/// Sets or takes away a user's password. The snapshot does not hold it: no change.
pub async fn set_password_hash(tx: &mut Tx, id: UserId, hash: Option<&str>) -> Result<(), DbError> {
    let sql = "UPDATE users SET password_hash = $2 WHERE id = $1";
    execute!(tx, sql, id.to_string(), hash)?;
    Ok(())
}
