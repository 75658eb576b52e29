//! The same of prebuilt repositories, from the registry that is served: it says nothing of descriptions.

use std::sync::Arc;

use super::*;
use crate::prebuilt::{Prebuilt, StaticPackage};

/// Every package of a prebuilt repository, by name.
pub(super) async fn list(prebuilt: &Prebuilt) -> Result<Vec<PackageSummary>, CatalogError> {
    let registry = prebuilt.registry().await?;
    let mut summaries = Vec::with_capacity(registry.packages().len());
    for package in registry.packages() {
        let releases = releases(prebuilt, package)?;
        summaries.extend(summary(package.entry.package().clone(), releases));
    }
    summaries.sort_by(|a, b| a.package.name.cmp(&b.package.name));
    Ok(summaries)
}

/// One package of a prebuilt repository.
pub(super) async fn show(
    prebuilt: &Prebuilt,
    name: &PackageName,
) -> Result<PackageDetails, CatalogError> {
    let package = find(prebuilt, name).await?;
    Ok(PackageDetails {
        releases: releases(prebuilt, &package)?,
        package: package.entry.package().clone(),
        metadata: serde_json::Value::default(),
    })
}

/// One release of a prebuilt repository.
pub(super) async fn show_release(
    prebuilt: &Prebuilt,
    (name, version): (&PackageName, &Version),
) -> Result<(Package, Release), CatalogError> {
    let details = show(prebuilt, name).await?;
    let mut releases = details.releases.into_iter();
    let known: Vec<String> = releases
        .clone()
        .rev()
        .map(|it| it.version.to_string())
        .collect();
    let release = releases.find(|release| release.version == *version);
    let release = release.ok_or_else(|| CatalogError::UnknownRelease {
        package: name.clone(),
        version: version.clone(),
        known: known.into_iter().take(find::SHOWN_VERSIONS).collect(),
    })?;
    Ok((details.package, release))
}

async fn find(prebuilt: &Prebuilt, name: &PackageName) -> Result<Arc<StaticPackage>, CatalogError> {
    let registry = prebuilt.registry().await?;
    let found = registry.package(name.as_str());
    // A package without releases is none.
    let found = found.filter(|package| !package.entry.releases().is_empty());
    found.cloned().ok_or_else(|| CatalogError::UnknownPackage {
        package: name.clone(),
        repository: prebuilt.source().name.clone(),
    })
}

fn releases(prebuilt: &Prebuilt, package: &StaticPackage) -> Result<Vec<Release>, CatalogError> {
    package.releases().map_err(|source| {
        let place = prebuilt.source().tree.place().to_owned();
        let path = format!("packages/{}", package.entry.name());
        CatalogError::Registry(Arc::new(crate::prebuilt::PrebuiltError::Resource {
            place,
            path,
            source,
        }))
    })
}
