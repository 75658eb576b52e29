//! What is in the catalog, for people.

mod prebuilt;

use std::collections::HashMap;

use serde::Serialize;
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;

use crate::accounts::user::User;
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

/// A release with everything about it.
#[derive(Clone, Debug)]
pub struct ReleaseDetails {
    /// The package.
    pub package: Package,
    /// The release.
    pub release: Release,
    /// What it says about itself, as JSON.
    pub metadata: serde_json::Value,
    /// Who published it; `None` for one that a command published, or whose publisher is gone.
    pub publisher: Option<User>,
    /// How often it was downloaded.
    pub downloads: u64,
}

/// How often a package was downloaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Downloads {
    /// Ever.
    pub all: u64,
    /// Today and on the six days before (UTC).
    pub week: u64,
    /// Today (UTC).
    pub day: u64,
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
    let mut summaries = list_managed(app, repository).await?;
    for prebuilt in app.all_prebuilt() {
        if repository.is_none_or(|name| prebuilt.source().name == *name) {
            summaries.extend(prebuilt::list(prebuilt).await?);
        }
    }
    let key = |summary: &PackageSummary| {
        let Package {
            repository, name, ..
        } = &summary.package;
        (repository.clone(), name.clone())
    };
    summaries.sort_by_key(key);
    Ok(summaries)
}

async fn list_managed(
    app: &App,
    repository: Option<&RepositoryName>,
) -> Result<Vec<PackageSummary>, CatalogError> {
    let mut conn = app.db.read().await?;
    let packages = db::packages::list(&mut conn).await?;
    let mut releases: HashMap<PackageId, Vec<Release>> = HashMap::new();
    for release in db::releases::list_all(&mut conn).await? {
        releases.entry(release.package).or_default().push(release);
    }
    let wanted = packages.into_iter().filter(|package| {
        repository.is_none_or(|name| package.repository == *name)
            && app.prebuilt(&package.repository).is_none()
    });
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
    if let Some(prebuilt) = app.prebuilt(repository) {
        return prebuilt::show(prebuilt, name).await;
    }
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

/// One release.
///
/// # Errors
/// No such repository, package or release, or the database failed.
pub async fn show_release(
    app: &App,
    repository: Option<&RepositoryName>,
    (name, version): (&PackageName, &Version),
) -> Result<ReleaseDetails, CatalogError> {
    let repository = &app.repository(repository)?.name;
    let mut conn = app.db.read().await?;
    let (package, release, metadata, publisher) = match app.prebuilt(repository) {
        Some(prebuilt) => {
            let (package, release) = prebuilt::show_release(prebuilt, (name, version)).await?;
            (package, release, None, None)
        }
        None => {
            let package = find::package(&mut conn, repository, name).await?;
            let release = find::release(&mut conn, &package, version).await?;
            let metadata = db::releases::find_metadata(&mut conn, release.id).await?;
            let publisher = match db::releases::find_publisher(&mut conn, release.id).await? {
                Some(id) => db::users::find(&mut conn, id).await?,
                None => None,
            };
            (package, release, metadata, publisher)
        }
    };
    let counts =
        db::downloads::count_by_version(&mut conn, repository.as_str(), name.as_str()).await?;
    let version = release.version.to_string();
    let downloads = counts.into_iter().find(|(of, _)| *of == version);
    Ok(ReleaseDetails {
        package,
        release,
        metadata: metadata.unwrap_or_default(),
        publisher,
        downloads: downloads.map_or(0, |(_, count)| u64::try_from(count).unwrap_or(0)),
    })
}

/// How often a package was downloaded; nothing for one that is not there.
///
/// # Errors
/// The database failed.
pub async fn downloads(
    app: &App,
    repository: &RepositoryName,
    name: &PackageName,
) -> Result<Downloads, CatalogError> {
    let (repository, name) = (repository.as_str(), name.as_str());
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let all = db::downloads::count_by_version(&mut conn, repository, name).await?;
    let package = (repository, name);
    let (week, day) = db::downloads::count_week(&mut conn, package, now).await?;
    // A license that is gone took its downloads along; its usage is kept.
    let (ever, week, day) = (
        all.into_iter().map(|(_, of)| count(of)),
        count(week),
        count(day),
    );
    let week = week.max(day);
    Ok(Downloads {
        all: ever.sum::<u64>().max(week),
        week,
        day,
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

pub(super) fn latest(releases: &[Release]) -> Option<&Release> {
    let rank = |release: &Release| (!release.version.is_pre(), release.retirement.is_none());
    releases.iter().max_by(|a, b| {
        rank(a)
            .cmp(&rank(b))
            .then_with(|| a.version.cmp(&b.version))
    })
}
