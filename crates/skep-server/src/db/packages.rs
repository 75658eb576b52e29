//! Table `packages`.

use crate::catalog::release::Package;
use crate::clock::Timestamp;
use crate::db::row::At;
use crate::db::{Change, Conn, DbError, Tx};
use crate::ids::PackageId;

row! {
    pub(super) struct PackageRow { id: String, repository: String, name: String, created_at: i64 }
}

impl TryFrom<PackageRow> for Package {
    type Error = DbError;
    fn try_from(row: PackageRow) -> Result<Self, DbError> {
        let at = At {
            table: "packages",
            id: &row.id,
        };
        Ok(Self {
            id: at.parse(&row.id)?,
            repository: at.parse(&row.repository)?,
            name: at.parse(&row.name)?,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

/// The package of this id.
pub async fn find(conn: &mut Conn, id: PackageId) -> Result<Option<Package>, DbError> {
    let sql = "SELECT id, repository, name, created_at FROM packages WHERE id = $1";
    fetch_optional!(conn, PackageRow, sql, id.to_string())?
        .map(Package::try_from)
        .transpose()
}

/// The package of this name.
pub async fn find_by_name(
    conn: &mut Conn,
    repository: &str,
    name: &str,
) -> Result<Option<Package>, DbError> {
    let sql =
        "SELECT id, repository, name, created_at FROM packages WHERE repository = $1 AND name = $2";
    fetch_optional!(conn, PackageRow, sql, repository, name)?
        .map(Package::try_from)
        .transpose()
}

/// Every package, by repository and name.
pub async fn list(conn: &mut Conn) -> Result<Vec<Package>, DbError> {
    let rows = fetch_all!(
        conn,
        PackageRow,
        "SELECT id, repository, name, created_at FROM packages"
    )?;
    let mut packages = rows
        .into_iter()
        .map(Package::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    packages.sort_by(|a, b| (&a.repository, &a.name).cmp(&(&b.repository, &b.name)));
    Ok(packages)
}

/// The name of every repository that has a package.
pub async fn repositories(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let sql = "SELECT DISTINCT repository FROM packages";
    let rows = fetch_all!(conn, (String,), sql)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Adds a package; its release follows in the same transaction.
pub async fn insert(tx: &mut Tx, package: &Package) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO packages (id, repository, name, created_at) VALUES ($1, $2, $3, $4)",
        package.id.to_string(),
        package.repository.as_str(),
        package.name.as_str(),
        package.created_at.micros()
    )?;
    tx.changed(Change::Package(package.id));
    Ok(())
}

/// Deletes a package that has no release anymore; `false` if it has.
pub async fn delete_if_empty(tx: &mut Tx, id: PackageId) -> Result<bool, DbError> {
    let sql = "DELETE FROM packages WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM releases WHERE package_id = $1)";
    let deleted = execute!(tx, sql, id.to_string())?;
    tx.changed(Change::Package(id));
    Ok(deleted > 0)
}
