//! Table `package_owners`: who may publish a package whatever their role is.

use crate::catalog::owners::{Level, Owner};
use crate::clock::Timestamp;
use crate::db::row::At;
use crate::db::{Conn, DbError, Tx};
use crate::ids::{PackageId, UserId};

row! {
    struct OwnerRow { user_id: String, username: String, email: String, level: String, created_at: i64 }
}

impl TryFrom<OwnerRow> for Owner {
    type Error = DbError;
    fn try_from(row: OwnerRow) -> Result<Self, DbError> {
        let at = At {
            table: "package_owners",
            id: &row.user_id,
        };
        Ok(Self {
            user: at.parse(&row.user_id)?,
            level: at.parse(&row.level)?,
            username: row.username,
            email: row.email,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

/// The owners of a package, by username.
pub async fn list(conn: &mut Conn, package: PackageId) -> Result<Vec<Owner>, DbError> {
    let sql = "SELECT package_owners.user_id, users.username, users.email, package_owners.level, \
               package_owners.created_at FROM package_owners JOIN users ON users.id = package_owners.user_id \
               WHERE package_owners.package_id = $1 ORDER BY users.username";
    let rows = fetch_all!(conn, OwnerRow, sql, package.to_string())?;
    rows.into_iter().map(Owner::try_from).collect()
}

/// Repository and name of each package that a user owns, sorted.
pub async fn list_packages(
    conn: &mut Conn,
    user: UserId,
) -> Result<Vec<(String, String)>, DbError> {
    let sql = "SELECT packages.repository, packages.name FROM package_owners \
               JOIN packages ON packages.id = package_owners.package_id WHERE package_owners.user_id = $1";
    let mut rows = fetch_all!(conn, (String, String), sql, user.to_string())?;
    rows.sort();
    Ok(rows)
}

/// What a user is to a package.
pub async fn find_level(
    conn: &mut Conn,
    package: PackageId,
    user: UserId,
) -> Result<Option<Level>, DbError> {
    let sql = "SELECT level FROM package_owners WHERE package_id = $1 AND user_id = $2";
    let id = package.to_string();
    let at = At {
        table: "package_owners",
        id: &id,
    };
    let row = fetch_optional!(conn, (String,), sql, &id, user.to_string())?;
    row.map(|(level,)| at.parse(&level)).transpose()
}

/// Makes a user an owner, or changes the level.
pub async fn upsert(
    tx: &mut Tx,
    package: PackageId,
    (user, level): (UserId, Level),
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "INSERT INTO package_owners (package_id, user_id, level, created_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (package_id, user_id) DO UPDATE SET level = excluded.level";
    let (package, user) = (package.to_string(), user.to_string());
    execute!(tx, sql, package, user, level.as_str(), now.micros())?;
    Ok(())
}

/// Takes ownership away; `false` when the user had none.
pub async fn delete(tx: &mut Tx, package: PackageId, user: UserId) -> Result<bool, DbError> {
    let sql = "DELETE FROM package_owners WHERE package_id = $1 AND user_id = $2";
    Ok(execute!(tx, sql, package.to_string(), user.to_string())? > 0)
}
