//! Table `releases`.

mod columns;

use skep_formats::checksum::Sha256;
use skep_formats::version::Version;

use crate::catalog::release::Release;
use crate::db::row::{At, big};
use crate::db::{Change, Conn, DbError, Tx};
use crate::ids::{PackageId, ReleaseId, UserId};

/// All columns that the domain knows, before what follows `FROM releases`.
macro_rules! select_releases {
    ($rest:literal) => {
        concat!(
            "SELECT id, package_id, version, published_at, updated_at, inner_checksum, outer_checksum, ",
            "size_bytes, dependencies, retirement_reason, retirement_message, docs_checksum, docs_size_bytes ",
            "FROM releases",
            $rest
        )
    };
}
use columns::Columns;
pub(super) use columns::ReleaseRow;
pub(super) use select_releases;

/// The release of a package and version.
pub async fn find(
    conn: &mut Conn,
    package: PackageId,
    version: &Version,
) -> Result<Option<Release>, DbError> {
    let sql = select_releases!(" WHERE package_id = $1 AND version = $2");
    let row = fetch_optional!(
        conn,
        ReleaseRow,
        sql,
        package.to_string(),
        version.to_string()
    )?;
    row.map(Release::try_from).transpose()
}

/// The releases of a package in the order of their versions.
pub async fn list(conn: &mut Conn, package: PackageId) -> Result<Vec<Release>, DbError> {
    let sql = select_releases!(" WHERE package_id = $1");
    let rows = fetch_all!(conn, ReleaseRow, sql, package.to_string())?;
    let mut releases = rows
        .into_iter()
        .map(Release::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(releases)
}

/// Every release, in no order: for checks of all files.
pub async fn list_all(conn: &mut Conn) -> Result<Vec<Release>, DbError> {
    let rows = fetch_all!(conn, ReleaseRow, select_releases!(""))?;
    rows.into_iter().map(Release::try_from).collect()
}

/// The metadata of a release's tarball, as JSON.
pub async fn find_metadata(
    conn: &mut Conn,
    id: ReleaseId,
) -> Result<Option<serde_json::Value>, DbError> {
    let id = id.to_string();
    let row = fetch_optional!(
        conn,
        (String,),
        "SELECT metadata FROM releases WHERE id = $1",
        &id
    )?;
    let at = At {
        table: "releases",
        id: &id,
    };
    row.map(|(text,)| serde_json::from_str(&text).map_err(|error| at.corrupt(error)))
        .transpose()
}

/// The metadata of the tarballs of some releases, as JSON, in no order.
pub async fn list_metadata(
    conn: &mut Conn,
    ids: &[ReleaseId],
) -> Result<Vec<(ReleaseId, serde_json::Value)>, DbError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let sql = "SELECT id, metadata FROM releases WHERE id IN";
    let rows = fetch_in!(conn, (String, String), sql, ids)?;
    rows.into_iter()
        .map(|(id, text)| {
            let at = At {
                table: "releases",
                id: &id,
            };
            let metadata = serde_json::from_str(&text).map_err(|error| at.corrupt(error))?;
            Ok((at.parse(&id)?, metadata))
        })
        .collect()
}

/// The releases of some packages, in no order.
pub async fn list_of(conn: &mut Conn, packages: &[PackageId]) -> Result<Vec<Release>, DbError> {
    let ids: Vec<String> = packages.iter().map(ToString::to_string).collect();
    let rows = fetch_in!(
        conn,
        ReleaseRow,
        select_releases!(" WHERE package_id IN"),
        ids
    )?;
    rows.into_iter().map(Release::try_from).collect()
}

/// The user who published a release; `None` for one that a command published.
pub async fn find_publisher(conn: &mut Conn, id: ReleaseId) -> Result<Option<UserId>, DbError> {
    let id = id.to_string();
    let at = At {
        table: "releases",
        id: &id,
    };
    let row = fetch_optional!(
        conn,
        (Option<String>,),
        "SELECT publisher_id FROM releases WHERE id = $1",
        &id
    )?;
    row.and_then(|(publisher,)| publisher)
        .map(|publisher| at.parse(&publisher))
        .transpose()
}

/// Notes who published a release, or replaced it.
pub async fn set_publisher(
    tx: &mut Tx,
    id: ReleaseId,
    publisher: Option<UserId>,
) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE releases SET publisher_id = $2 WHERE id = $1",
        id.to_string(),
        publisher.map(|id| id.to_string())
    )?;
    Ok(())
}

/// Adds a release. Its tarball is in the object store already.
pub async fn insert(
    tx: &mut Tx,
    release: &Release,
    metadata: &serde_json::Value,
) -> Result<(), DbError> {
    let columns = Columns::from(release);
    let (Sha256(inner), Sha256(outer)) = (release.inner_checksum, release.outer_checksum);
    execute!(
        tx,
        "INSERT INTO releases (id, package_id, version, published_at, updated_at, inner_checksum, \
         outer_checksum, size_bytes, dependencies, metadata, retirement_reason, retirement_message, \
         docs_checksum, docs_size_bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        release.id.to_string(),
        release.package.to_string(),
        &columns.version,
        release.published_at.micros(),
        release.updated_at.micros(),
        &inner[..],
        &outer[..],
        big(release.size_bytes),
        &columns.dependencies,
        metadata.to_string(),
        columns.retirement_reason,
        columns.retirement_message.as_deref(),
        columns.docs_checksum.as_deref(),
        columns.docs_size_bytes
    )?;
    tx.changed(Change::Package(release.package));
    Ok(())
}

/// Writes what a release now is: after a replacement, a retirement, or when its docs came. The
/// metadata stays unless given.
pub async fn update(
    tx: &mut Tx,
    release: &Release,
    metadata: Option<&serde_json::Value>,
) -> Result<(), DbError> {
    let columns = Columns::from(release);
    let (Sha256(inner), Sha256(outer)) = (release.inner_checksum, release.outer_checksum);
    execute!(
        tx,
        "UPDATE releases SET published_at = $2, updated_at = $3, inner_checksum = $4, outer_checksum = $5, \
         size_bytes = $6, dependencies = $7, metadata = COALESCE($8, metadata), retirement_reason = $9, \
         retirement_message = $10, docs_checksum = $11, docs_size_bytes = $12, version = $13 WHERE id = $1",
        release.id.to_string(),
        release.published_at.micros(),
        release.updated_at.micros(),
        &inner[..],
        &outer[..],
        big(release.size_bytes),
        &columns.dependencies,
        metadata.map(ToString::to_string),
        columns.retirement_reason,
        columns.retirement_message.as_deref(),
        columns.docs_checksum.as_deref(),
        columns.docs_size_bytes,
        &columns.version
    )?;
    tx.changed(Change::Package(release.package));
    Ok(())
}

/// Deletes a release; its file stays behind, harmless.
pub async fn delete(tx: &mut Tx, release: &Release) -> Result<(), DbError> {
    execute!(
        tx,
        "DELETE FROM releases WHERE id = $1",
        release.id.to_string()
    )?;
    tx.changed(Change::Package(release.package));
    Ok(())
}
