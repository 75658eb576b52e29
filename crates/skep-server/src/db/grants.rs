//! Table `license_grants`.

use crate::clock::Timestamp;
use crate::db::row::At;
use crate::db::{Change, Conn, DbError, Tx};
use crate::ids::LicenseId;
use crate::licensing::grant::{Grant, Origin, ReleaseName};

row! {
    struct GrantRow { repository: String, package: String, version: String, granted_at: i64, origin: String }
}

/// A release's name from its three columns.
pub(super) fn release_name(
    at: At<'_>,
    repository: &str,
    package: &str,
    version: &str,
) -> Result<ReleaseName, DbError> {
    Ok(ReleaseName {
        repository: at.parse(repository)?,
        package: at.parse(package)?,
        version: at.parse(version)?,
    })
}

/// What a license may see by name, sorted.
pub async fn list(conn: &mut Conn, license: LicenseId) -> Result<Vec<Grant>, DbError> {
    let sql = "SELECT repository, package, version, granted_at, origin FROM license_grants WHERE license_id = $1";
    let id = license.to_string();
    let at = At {
        table: "license_grants",
        id: &id,
    };
    let mut grants = fetch_all!(conn, GrantRow, sql, &id)?
        .into_iter()
        .map(|row| {
            Ok(Grant {
                release: release_name(at, &row.repository, &row.package, &row.version)?,
                granted_at: Timestamp::from_micros(row.granted_at),
                origin: at.parse(&row.origin)?,
            })
        })
        .collect::<Result<Vec<_>, DbError>>()?;
    grants.sort_by(|a, b| a.release.cmp(&b.release));
    Ok(grants)
}

/// Grants a release; `false` if it was granted before. What the seller grants is the seller's from
/// then on, whoever granted it first.
pub async fn insert(tx: &mut Tx, license: LicenseId, grant: &Grant) -> Result<bool, DbError> {
    let inserted = execute!(
        tx,
        "INSERT INTO license_grants (license_id, repository, package, version, granted_at, origin) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        license.to_string(),
        grant.release.repository.as_str(),
        grant.release.package.as_str(),
        grant.release.version.to_string(),
        grant.granted_at.micros(),
        grant.origin.as_str()
    )?;
    if inserted > 0 {
        tx.changed(Change::License(license));
    } else if grant.origin == Origin::Seller {
        execute!(
            tx,
            "UPDATE license_grants SET origin = $5 \
             WHERE license_id = $1 AND repository = $2 AND package = $3 AND version = $4",
            license.to_string(),
            grant.release.repository.as_str(),
            grant.release.package.as_str(),
            grant.release.version.to_string(),
            grant.origin.as_str()
        )?;
    }
    Ok(inserted > 0)
}

/// Takes one license's grant of a release back, if there is one.
pub async fn delete(tx: &mut Tx, license: LicenseId, release: &ReleaseName) -> Result<(), DbError> {
    let deleted = execute!(
        tx,
        "DELETE FROM license_grants \
         WHERE license_id = $1 AND repository = $2 AND package = $3 AND version = $4",
        license.to_string(),
        release.repository.as_str(),
        release.package.as_str(),
        release.version.to_string()
    )?;
    if deleted > 0 {
        tx.changed(Change::License(license));
    }
    Ok(())
}

/// Takes every grant of a release back, when the release itself is deleted.
pub async fn delete_by_release(tx: &mut Tx, release: &ReleaseName) -> Result<(), DbError> {
    let version = release.version.to_string();
    let (repository, package) = (release.repository.as_str(), release.package.as_str());
    let find = "SELECT license_id FROM license_grants WHERE repository = $1 AND package = $2 AND version = $3";
    for (id,) in fetch_all!(tx, (String,), find, repository, package, &version)? {
        let license = At {
            table: "license_grants",
            id: &id,
        }
        .parse(&id)?;
        tx.changed(Change::License(license));
    }
    let delete =
        "DELETE FROM license_grants WHERE repository = $1 AND package = $2 AND version = $3";
    execute!(tx, delete, repository, package, &version)?;
    Ok(())
}
