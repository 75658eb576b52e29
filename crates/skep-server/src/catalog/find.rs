use std::sync::Arc;

use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;

use crate::app::RepositoryError;
use crate::catalog::release::{Package, Release};
use crate::db::{self, Conn, DbError};
use crate::prebuilt::PrebuiltError;

/// Why something of the catalog could not be shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The configuration has no such repository, or nothing is changed in it here.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// No release of such a package was ever published, or all are deleted.
    #[error(
        "there is no package `{package}` in repository `{repository}`; `skep package list` shows what is there"
    )]
    UnknownPackage {
        /// The name that was given.
        package: PackageName,
        /// Where it was looked for.
        repository: RepositoryName,
    },
    /// The package has other versions.
    #[error("package `{package}` has no version `{version}`; it has `{}`", known.join("`, `"))]
    UnknownRelease {
        /// The package.
        package: PackageName,
        /// The version that was given.
        version: Version,
        /// The last versions it has, the newest first.
        known: Vec<String>,
    },
    /// A prebuilt repository's registry cannot be read.
    #[error(transparent)]
    Registry(#[from] Arc<PrebuiltError>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

pub(super) const SHOWN_VERSIONS: usize = 10;

pub(super) async fn package(
    conn: &mut Conn,
    repository: &RepositoryName,
    package: &PackageName,
) -> Result<Package, CatalogError> {
    let found = db::packages::find_by_name(conn, repository.as_str(), package.as_str()).await?;
    found.ok_or_else(|| CatalogError::UnknownPackage {
        package: package.clone(),
        repository: repository.clone(),
    })
}

pub(super) async fn release(
    conn: &mut Conn,
    package: &Package,
    version: &Version,
) -> Result<Release, CatalogError> {
    if let Some(release) = db::releases::find(conn, package.id, version).await? {
        return Ok(release);
    }
    let releases = db::releases::list(conn, package.id).await?;
    let known = releases
        .iter()
        .rev()
        .take(SHOWN_VERSIONS)
        .map(|release| release.version.to_string())
        .collect();
    Err(CatalogError::UnknownRelease {
        package: package.name.clone(),
        version: version.clone(),
        known,
    })
}
