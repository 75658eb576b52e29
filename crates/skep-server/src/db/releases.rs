//! Table `releases`.

use serde::{Deserialize, Serialize};
use skep_formats::checksum::Sha256;
use skep_formats::registry::{Dependency, Retirement, RetirementReason};
use skep_formats::version::Version;

use crate::catalog::release::{Release, StoredFile};
use crate::clock::Timestamp;
use crate::db::row::{At, big};
use crate::db::{Change, Conn, DbError, Tx};
use crate::ids::{PackageId, ReleaseId};

row! {
    pub(super) struct ReleaseRow {
        id: String, package_id: String, version: String, published_at: i64, updated_at: i64,
        inner_checksum: Vec<u8>, outer_checksum: Vec<u8>, size_bytes: i64, dependencies: String,
        retirement_reason: Option<String>, retirement_message: Option<String>,
        docs_checksum: Option<Vec<u8>>, docs_size_bytes: Option<i64>,
    }
}

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
pub(super) use select_releases;

/// A dependency in column `dependencies`.
#[derive(Serialize, Deserialize)]
struct DependencyJson {
    package: String,
    requirement: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    optional: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
}

const REASONS: [(RetirementReason, &str); 5] = [
    (RetirementReason::Other, "other"),
    (RetirementReason::Invalid, "invalid"),
    (RetirementReason::Security, "security"),
    (RetirementReason::Deprecated, "deprecated"),
    (RetirementReason::Renamed, "renamed"),
];

impl TryFrom<ReleaseRow> for Release {
    type Error = DbError;
    fn try_from(row: ReleaseRow) -> Result<Self, DbError> {
        let at = At {
            table: "releases",
            id: &row.id,
        };
        let dependencies: Vec<DependencyJson> =
            serde_json::from_str(&row.dependencies).map_err(|error| at.corrupt(error))?;
        Ok(Self {
            id: at.parse(&row.id)?,
            package: at.parse(&row.package_id)?,
            version: at.parse(&row.version)?,
            published_at: Timestamp::from_micros(row.published_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            inner_checksum: at.sha256(&row.inner_checksum)?,
            outer_checksum: at.sha256(&row.outer_checksum)?,
            size_bytes: at.number("size_bytes", row.size_bytes)?,
            dependencies: dependencies.into_iter().map(from_json).collect(),
            retirement: retirement(at, row.retirement_reason.as_deref(), row.retirement_message)?,
            docs: docs(at, row.docs_checksum.as_deref(), row.docs_size_bytes)?,
        })
    }
}

fn from_json(json: DependencyJson) -> Dependency {
    let DependencyJson {
        package,
        requirement,
        optional,
        app,
        repository,
    } = json;
    Dependency {
        package,
        requirement,
        optional,
        app,
        repository,
    }
}

fn retirement(
    at: At<'_>,
    reason: Option<&str>,
    message: Option<String>,
) -> Result<Option<Retirement>, DbError> {
    let Some(text) = reason else { return Ok(None) };
    let known = REASONS.into_iter().find(|(_, name)| *name == text);
    let (reason, _) =
        known.ok_or_else(|| at.corrupt(format_args!("`retirement_reason` is `{text}`")))?;
    Ok(Some(Retirement { reason, message }))
}

fn docs(
    at: At<'_>,
    checksum: Option<&[u8]>,
    size_bytes: Option<i64>,
) -> Result<Option<StoredFile>, DbError> {
    match (checksum, size_bytes) {
        (None, None) => Ok(None),
        (Some(checksum), Some(size)) => Ok(Some(StoredFile {
            checksum: at.sha256(checksum)?,
            size_bytes: at.number("docs_size_bytes", size)?,
        })),
        _ => Err(at.corrupt("`docs_checksum` and `docs_size_bytes` belong together")),
    }
}

/// A release's columns that a replacement writes anew, ready to bind.
struct Columns {
    version: String,
    dependencies: String,
    retirement_reason: Option<&'static str>,
    retirement_message: Option<String>,
    docs_checksum: Option<Vec<u8>>,
    docs_size_bytes: Option<i64>,
}

impl From<&Release> for Columns {
    fn from(release: &Release) -> Self {
        let dependencies: Vec<_> = release.dependencies.iter().cloned().map(to_json).collect();
        let reason = release
            .retirement
            .as_ref()
            .map(|retirement| retirement.reason);
        Self {
            version: release.version.to_string(),
            dependencies: serde_json::to_string(&dependencies).expect("texts and flags are JSON"),
            retirement_reason: reason.and_then(|reason| {
                REASONS
                    .into_iter()
                    .find(|(known, _)| *known == reason)
                    .map(|(_, name)| name)
            }),
            retirement_message: release
                .retirement
                .as_ref()
                .and_then(|retirement| retirement.message.clone()),
            docs_checksum: release.docs.map(|docs| docs.checksum.0.to_vec()),
            docs_size_bytes: release.docs.map(|docs| big(docs.size_bytes)),
        }
    }
}

fn to_json(dependency: Dependency) -> DependencyJson {
    let Dependency {
        package,
        requirement,
        optional,
        app,
        repository,
    } = dependency;
    DependencyJson {
        package,
        requirement,
        optional,
        app,
        repository,
    }
}

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
