//! What is in the catalog, for people.

use std::collections::HashMap;

use serde::Serialize;
use skep_formats::name::{PackageName, RepositoryName};

use crate::app::App;
use crate::catalog::find::{self, CatalogError};
use crate::catalog::release::{Package, Release};
use crate::clock::Timestamp;
use crate::db;
use crate::ids::PackageId;

/// A package in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageSummary {
    /// The package.
    #[serde(flatten)]
    pub package: Package,
    /// How many releases it has.
    pub releases: usize,
    /// Its newest version: no pre-release and not retired, if it has such a one.
    pub latest_version: String,
    /// When that was published.
    pub latest_published_at: Timestamp,
}

/// A package with everything about it.
#[derive(Clone, Debug, PartialEq)]
pub struct PackageDetails {
    /// The package.
    pub package: Package,
    /// Its releases, the oldest version first.
    pub releases: Vec<Release>,
    /// What its newest release says about itself, as JSON.
    pub metadata: serde_json::Value,
}

impl PackageDetails {
    /// Its newest release.
    #[must_use]
    pub fn latest(&self) -> &Release {
        latest(&self.releases).expect("a package exists as long as it has releases")
    }
}

/// Every package, of one repository or of all, by repository and name.
///
/// # Errors
/// No such repository, or the database failed.
pub async fn list(
    app: &App,
    repository: Option<&RepositoryName>,
) -> Result<Vec<PackageSummary>, CatalogError> {
    if repository.is_some() {
        app.repository(repository)?;
    }
    let mut conn = app.db.read().await?;
    let packages = db::packages::list(&mut conn).await?;
    let mut releases: HashMap<PackageId, Vec<Release>> = HashMap::new();
    for release in db::releases::list_all(&mut conn).await? {
        releases.entry(release.package).or_default().push(release);
    }
    let wanted = packages
        .into_iter()
        .filter(|package| repository.is_none_or(|name| package.repository == *name));
    let summaries = wanted.filter_map(|package| {
        let releases = releases.remove(&package.id)?;
        summary(package, releases)
    });
    Ok(summaries.collect())
}

/// One package.
///
/// # Errors
/// No such repository or package, or the database failed.
pub async fn show(
    app: &App,
    repository: Option<&RepositoryName>,
    name: &PackageName,
) -> Result<PackageDetails, CatalogError> {
    let repository = &app.repository(repository)?.name;
    let mut conn = app.db.read().await?;
    let package = find::package(&mut conn, repository, name).await?;
    let releases = db::releases::list(&mut conn, package.id).await?;
    let unknown = || CatalogError::UnknownPackage {
        package: name.clone(),
        repository: repository.clone(),
    };
    let latest = latest(&releases).ok_or_else(unknown)?;
    let metadata = db::releases::find_metadata(&mut conn, latest.id)
        .await?
        .unwrap_or_default();
    Ok(PackageDetails {
        package,
        releases,
        metadata,
    })
}

fn summary(package: Package, releases: Vec<Release>) -> Option<PackageSummary> {
    let latest = latest(&releases)?;
    Some(PackageSummary {
        latest_version: latest.version.to_string(),
        latest_published_at: latest.published_at,
        releases: releases.len(),
        package,
    })
}

fn latest(releases: &[Release]) -> Option<&Release> {
    let rank = |release: &Release| (!release.version.is_pre(), release.retirement.is_none());
    releases.iter().max_by(|a, b| {
        rank(a)
            .cmp(&rank(b))
            .then_with(|| a.version.cmp(&b.version))
    })
}
