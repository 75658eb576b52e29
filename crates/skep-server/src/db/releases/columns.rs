//! From the columns of a release to its value and back.

use serde::{Deserialize, Serialize};
use skep_formats::registry::{Dependency, Retirement, RetirementReason};

use crate::catalog::release::{Release, StoredFile};
use crate::clock::Timestamp;
use crate::db::DbError;
use crate::db::row::{At, big};

row! {
    pub(in crate::db) struct ReleaseRow {
        id: String, package_id: String, version: String, published_at: i64, updated_at: i64,
        inner_checksum: Vec<u8>, outer_checksum: Vec<u8>, size_bytes: i64, dependencies: String,
        retirement_reason: Option<String>, retirement_message: Option<String>,
        docs_checksum: Option<Vec<u8>>, docs_size_bytes: Option<i64>,
    }
}

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
pub(super) struct Columns {
    pub(super) version: String,
    pub(super) dependencies: String,
    pub(super) retirement_reason: Option<&'static str>,
    pub(super) retirement_message: Option<String>,
    pub(super) docs_checksum: Option<Vec<u8>>,
    pub(super) docs_size_bytes: Option<i64>,
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
