//! A static registry in memory: the files as they are served, and what the decision needs of them.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use skep_formats::checksum::Sha256;
use skep_formats::name::PackageName;
use skep_formats::registry;

use crate::catalog::entry::{PackageEntry, ReleaseEntry};
use crate::catalog::release::Release;
use crate::clock::Timestamp;
use crate::ids::ReleaseId;

/// A file of the registry, byte for byte as it was built.
#[derive(Clone, Debug)]
pub struct Resource {
    /// All of it.
    pub body: Bytes,
    /// Its `ETag`: the checksum of its bytes, the same on every node.
    pub etag: HeaderValue,
    /// What the store says of these bytes.
    pub(super) stamp: Stamp,
}

/// What a store says of a file without reading it: another stamp, other bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) etag: Option<String>,
    pub(super) modified_at: Timestamp,
    pub(super) size_bytes: u64,
}

impl Resource {
    pub(super) fn new(body: Bytes, stamp: Stamp) -> Self {
        let etag = HeaderValue::try_from(format!("\"{}\"", Sha256::of(&body)));
        Self {
            body,
            etag: etag.expect("hexadecimal digits in quotes are a header value"),
            stamp,
        }
    }
}

/// A package of the registry.
#[derive(Clone, Debug)]
pub struct StaticPackage {
    /// `packages/NAME`
    pub file: Resource,
    /// What the decision needs of it: dependencies are in the file alone. Where the registry does not say
    /// when a release was published, its tarball's time in the place stands in: nothing is decided by it.
    pub entry: PackageEntry,
}

/// A static registry, all of it verified and in agreement with itself.
#[derive(Debug)]
pub struct Registry {
    /// `names`
    pub names: Resource,
    /// `versions`
    pub versions: Resource,
    /// `public_key`, if the place has one.
    pub public_key: Option<Resource>,
    pub(super) packages: HashMap<PackageName, Arc<StaticPackage>>,
    /// The checksum of everything that the store said of every file.
    pub(super) seen: Sha256,
}

impl Registry {
    /// A package.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<&Arc<StaticPackage>> {
        self.packages.get(name)
    }

    /// The package and the release whose files are called this: `alpha-1.0.0`.
    #[must_use]
    pub fn release(&self, file_name: &str) -> Option<(&StaticPackage, &ReleaseEntry)> {
        // A package name has no hyphen: the first one ends it.
        let (name, version) = file_name.split_once('-')?;
        let package = self.package(name)?;
        Some((package, package.entry.release(version)?))
    }

    /// Every package, in no order.
    pub fn packages(&self) -> impl ExactSizeIterator<Item = &Arc<StaticPackage>> {
        self.packages.values()
    }

    /// How many releases there are.
    #[must_use]
    pub fn count_releases(&self) -> usize {
        let releases = self.packages().map(|package| package.entry.releases());
        releases.map(<[ReleaseEntry]>::len).sum()
    }
}

impl StaticPackage {
    /// Its releases with everything that the registry says of them, oldest version first.
    ///
    /// # Errors
    /// Never: the file was read before.
    pub fn releases(&self) -> Result<Vec<Release>, registry::OpenError> {
        let payload = registry::unverified(&self.file.body, registry::MAX_RESOURCE_SIZE)?;
        let package = registry::Package::decode(&payload)?;
        let releases = package.releases.into_iter().filter_map(|release| {
            let known = self.entry.release(&release.version)?;
            Some(Release {
                id: ReleaseId::from_bytes(id_of(&format!(
                    "{}/{}-{}",
                    self.entry.repository(),
                    self.entry.name(),
                    release.version
                ))),
                package: self.entry.id(),
                version: known.version().clone(),
                published_at: known.published_at,
                updated_at: known.updated_at,
                inner_checksum: release.inner_checksum,
                outer_checksum: known.tarball.checksum(),
                size_bytes: known.size_bytes,
                dependencies: release.dependencies,
                retirement: release.retired,
                docs: None,
            })
        });
        let mut releases: Vec<Release> = releases.collect();
        releases.sort_by(|a, b| a.version.cmp(&b.version));
        Ok(releases)
    }
}

/// Ids of what no row of the database has: made of its name, so that they stay the same.
pub(super) fn id_of(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::of(name.as_bytes()).0[..16]);
    bytes
}
