//! From a place to a registry in memory: everything read, verified and compared. What the store says is
//! unchanged is not read again.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use skep_formats::checksum::{Sha256, Sha256Hasher};
use skep_formats::key::PublicKey;
use skep_formats::name::PackageName;
use skep_formats::registry::{self, Names, OpenError, Versions, VersionsEntry};
use skep_formats::version::Version;

use super::registry::{Stamp, id_of};
use super::{PrebuiltError, Registry, Resource, Source, StaticPackage, check};
use crate::catalog::entry::PackageEntry;
use crate::catalog::release::{Package, Release};
use crate::clock::Timestamp;
use crate::files::{TreeEntry, TreePath};
use crate::ids::{PackageId, ReleaseId};

/// Files read side by side: the place may be far away.
const PARALLEL: usize = 16;
/// The largest `public_key`: a key of 8192 bits has 1.5 KB.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// Everything that is in the place, by its path: versions that differ only in their build are equal.
type Listing = HashMap<String, Stamp>;

/// The registry that is in the place now; `before` itself when nothing changed.
pub(super) async fn load(
    source: &Source,
    before: Option<&Arc<Registry>>,
) -> Result<Arc<Registry>, PrebuiltError> {
    let listing = list(source).await?;
    let seen = checksum(&listing);
    if let Some(before) = before.filter(|before| before.seen == seen) {
        return Ok(Arc::clone(before));
    }
    let reading = Reading {
        source,
        listing: &listing,
        before: before.map(Arc::as_ref),
    };
    let (names, index) = reading.open(TreePath::Names, Names::open).await?;
    let (versions, listed) = reading.open(TreePath::Versions, Versions::open).await?;
    if let Some(problem) = check::index(&index, &listed) {
        return Err(reading.disagreement(&TreePath::Versions, problem));
    }
    let packages = listed.packages.into_iter();
    let packages = stream::iter(packages.map(|listed| reading.package(listed)))
        .buffered(PARALLEL)
        .try_collect()
        .await?;
    let registry = Registry {
        names,
        versions,
        public_key: reading.public_key().await?,
        packages,
        seen,
    };
    // Only now: a tarball is there before any file names it, and goes after the last one that does.
    let listing = list(source).await?;
    Reading {
        listing: &listing,
        ..reading
    }
    .tarballs(&registry)?;
    Ok(Arc::new(registry))
}

async fn list(source: &Source) -> Result<Listing, PrebuiltError> {
    let entries = source.tree.list().map_ok(|entry| {
        let stamp = Stamp::from(&entry);
        (entry.path.path(), stamp)
    });
    Ok(entries.try_collect().await?)
}

impl From<&TreeEntry> for Stamp {
    fn from(entry: &TreeEntry) -> Self {
        Self {
            etag: entry.etag.clone(),
            modified_at: entry.modified_at,
            size_bytes: entry.size_bytes,
        }
    }
}

fn checksum(listing: &Listing) -> Sha256 {
    let mut lines: Vec<String> = listing
        .iter()
        .map(|(path, stamp)| format!("{path} {stamp:?}\n"))
        .collect();
    lines.sort_unstable();
    let mut hasher = Sha256Hasher::new();
    lines.iter().for_each(|line| hasher.update(line.as_bytes()));
    hasher.finish()
}

struct Reading<'a> {
    source: &'a Source,
    listing: &'a Listing,
    before: Option<&'a Registry>,
}

impl Reading<'_> {
    /// One of the two indexes, verified.
    async fn open<T: Send + 'static>(
        &self,
        path: TreePath,
        open: fn(&[u8], &PublicKey, &str) -> Result<T, OpenError>,
    ) -> Result<(Resource, T), PrebuiltError> {
        let resource = self.read(&path, registry::MAX_RESOURCE_SIZE).await?;
        let name = self.source.name.to_string();
        let opened = self
            .verify(&path, &resource, move |file, key| open(file, key, &name))
            .await?;
        Ok((resource, opened))
    }

    /// A package that `versions` has.
    async fn package(
        &self,
        listed: VersionsEntry,
    ) -> Result<(PackageName, Arc<StaticPackage>), PrebuiltError> {
        let name = listed.name.parse::<PackageName>();
        let name =
            name.map_err(|error| self.disagreement(&TreePath::Versions, error.to_string()))?;
        let path = TreePath::Package(name.clone());
        let file = self.read(&path, registry::MAX_RESOURCE_SIZE).await?;
        let (repository, expected) = (self.source.name.to_string(), name.to_string());
        let package = self
            .verify(&path, &file, move |file, key| {
                registry::Package::open(file, key, &repository, &expected)
            })
            .await?;
        if let Some(problem) = check::package(&package, &listed) {
            return Err(self.disagreement(&path, problem));
        }
        let releases = package.releases.into_iter().map(|release| {
            let problem = |problem| self.disagreement(&path, problem);
            self.release(&name, release).map_err(problem)
        });
        let releases = releases.collect::<Result<Vec<_>, _>>()?;
        let package = Package {
            id: self.id(&name),
            repository: self.source.name.clone(),
            created_at: releases
                .iter()
                .map(|it| it.published_at)
                .min()
                .unwrap_or(Timestamp::from_seconds(0)),
            name: name.clone(),
        };
        let entry = PackageEntry::new(package, releases);
        Ok((name, Arc::new(StaticPackage { file, entry })))
    }

    fn id(&self, name: &PackageName) -> PackageId {
        PackageId::from_bytes(id_of(&format!("{}/{name}", self.source.name)))
    }

    /// What the decision needs of a release.
    fn release(&self, name: &PackageName, release: registry::Release) -> Result<Release, String> {
        let text = release.version.as_str();
        let version: Version = text
            .parse()
            .map_err(|error| format!("`{text}` is no version: {error}"))?;
        let path = TreePath::Tarball(name.clone(), version.clone());
        let stamp = self.listing.get(&path.path());
        let published_at = release
            .published_at
            .map(|at| Timestamp::from_seconds(at.seconds))
            .or_else(|| stamp.map(|stamp| stamp.modified_at))
            .unwrap_or(Timestamp::from_seconds(0));
        let outer_checksum = release.outer_checksum;
        Ok(Release {
            id: ReleaseId::from_bytes(id_of(&format!("{}/{name}-{version}", self.source.name))),
            package: self.id(name),
            version,
            published_at,
            updated_at: published_at,
            inner_checksum: release.inner_checksum,
            outer_checksum: outer_checksum.ok_or("a release has no checksum of its tarball")?,
            size_bytes: stamp.map_or(0, |stamp| stamp.size_bytes),
            dependencies: Vec::new(),
            retirement: release.retired,
            docs: None,
        })
    }

    /// The place's own copy of the key, if it has one: then it is the one that signed.
    async fn public_key(&self) -> Result<Option<Resource>, PrebuiltError> {
        let path = TreePath::PublicKey;
        if !self.listing.contains_key(&path.path()) {
            return Ok(None);
        }
        let file = self.read(&path, MAX_KEY_BYTES).await?;
        let key = PublicKey::from_pem(&file.body)
            .map_err(|error| self.disagreement(&path, error.to_string()))?;
        if key != self.source.public_key {
            return Err(PrebuiltError::OtherKey {
                place: self.place(),
                found: key.fingerprint(),
                expected: self.source.fingerprint.clone(),
            });
        }
        Ok(Some(file))
    }

    /// Every release's tarball is there.
    fn tarballs(&self, registry: &Registry) -> Result<(), PrebuiltError> {
        for package in registry.packages() {
            for release in package.entry.releases() {
                let (name, version) = (package.entry.name().clone(), release.version().clone());
                let path = TreePath::Tarball(name, version);
                if !self.listing.contains_key(&path.path()) {
                    return Err(self.missing(&path));
                }
            }
        }
        Ok(())
    }

    /// A file, unless it is the one that is known.
    async fn read(&self, path: &TreePath, most_bytes: u64) -> Result<Resource, PrebuiltError> {
        if let Some(known) = self.known(path)
            && self.listing.get(&path.path()) == Some(&known.stamp)
        {
            return Ok(known.clone());
        }
        let file = self.source.tree.get(path, most_bytes).await?;
        let file = file.ok_or_else(|| self.missing(path))?;
        let stamp = Stamp {
            etag: file.etag,
            modified_at: file.modified_at,
            size_bytes: file.bytes.len() as u64,
        };
        Ok(Resource::new(file.bytes, stamp))
    }

    fn known(&self, path: &TreePath) -> Option<&Resource> {
        let before = self.before?;
        match path {
            TreePath::Names => Some(&before.names),
            TreePath::Versions => Some(&before.versions),
            TreePath::PublicKey => before.public_key.as_ref(),
            TreePath::Package(name) => Some(&before.package(name.as_str())?.file),
            TreePath::Tarball(..) | TreePath::Docs(..) => None,
        }
    }

    /// Checking a signature takes a good part of a millisecond: too long for a thread that serves
    /// requests.
    async fn verify<T: Send + 'static>(
        &self,
        path: &TreePath,
        resource: &Resource,
        open: impl FnOnce(&[u8], &PublicKey) -> Result<T, OpenError> + Send + 'static,
    ) -> Result<T, PrebuiltError> {
        let (body, key) = (resource.body.clone(), self.source.public_key.clone());
        let opened = tokio::task::spawn_blocking(move || open(&body, &key));
        let opened = opened.await.expect("opening a resource does not panic");
        opened.map_err(|source| PrebuiltError::Resource {
            place: self.place(),
            path: path.path(),
            source,
        })
    }

    fn place(&self) -> String {
        self.source.tree.place().to_owned()
    }

    fn missing(&self, path: &TreePath) -> PrebuiltError {
        PrebuiltError::Missing {
            place: self.place(),
            path: path.path(),
        }
    }

    fn disagreement(&self, path: &TreePath, problem: String) -> PrebuiltError {
        PrebuiltError::Disagreement {
            place: self.place(),
            path: path.path(),
            problem,
        }
    }
}
