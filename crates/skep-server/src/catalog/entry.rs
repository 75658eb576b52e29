//! Packages and releases as the snapshot holds them: what the decision and the registry need, and
//! no more.

use skep_formats::checksum::{Sha256, Sha256Hasher};
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::registry;
use skep_formats::version::Version;

use crate::catalog::release::{Package, Release};
use crate::clock::Timestamp;
use crate::files::FileKey;
use crate::ids::PackageId;

/// A package with its releases, oldest version first.
#[derive(Clone, Debug)]
pub struct PackageEntry {
    package: Package,
    releases: Box<[ReleaseEntry]>,
    fingerprint: Sha256,
}

/// A release as the registry tells of it.
#[derive(Clone, Debug)]
pub struct ReleaseEntry {
    /// Its first publication: what `updates_until` is compared with.
    pub published_at: Timestamp,
    /// Its last replacement or retirement.
    pub updated_at: Timestamp,
    /// Its tarball.
    pub tarball: FileKey,
    /// The tarball's size.
    pub size_bytes: u64,
    /// Its documentation, when there is any.
    pub docs: Option<FileKey>,
    version: Version,
    version_text: Box<str>,
    inner_checksum: Sha256,
    dependencies: Box<[registry::Dependency]>,
    retirement: Option<registry::Retirement>,
}

impl ReleaseEntry {
    fn new(package: &Package, release: Release) -> Self {
        let (repository, name, version) = (&package.repository, &package.name, &release.version);
        Self {
            published_at: release.published_at,
            updated_at: release.updated_at,
            tarball: FileKey::Tarball {
                repository: repository.clone(),
                package: name.clone(),
                version: version.clone(),
                checksum: release.outer_checksum,
            },
            size_bytes: release.size_bytes,
            docs: release.docs.map(|docs| FileKey::Docs {
                repository: repository.clone(),
                package: name.clone(),
                version: version.clone(),
                checksum: docs.checksum,
            }),
            version_text: version.to_string().into(),
            version: release.version,
            inner_checksum: release.inner_checksum,
            dependencies: release.dependencies.into(),
            retirement: release.retirement,
        }
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// Its version, as the registry writes it.
    #[must_use]
    pub const fn version_text(&self) -> &str {
        &self.version_text
    }

    /// Whether the seller advises against it.
    #[must_use]
    pub const fn is_retired(&self) -> bool {
        self.retirement.is_some()
    }

    fn to_registry(&self) -> registry::Release {
        registry::Release {
            version: self.version_text.to_string(),
            inner_checksum: self.inner_checksum,
            outer_checksum: Some(self.tarball.checksum()),
            dependencies: self.dependencies.to_vec(),
            retired: self.retirement.clone(),
            advisory_indexes: Vec::new(),
            published_at: Some(to_registry_time(self.published_at)),
        }
    }
}

impl PackageEntry {
    /// A package with its releases, which may come in any order.
    #[must_use]
    pub fn new(package: Package, mut releases: Vec<Release>) -> Self {
        releases.sort_by(|a, b| a.version.cmp(&b.version));
        let releases = releases
            .into_iter()
            .map(|release| ReleaseEntry::new(&package, release))
            .collect();
        let mut entry = Self {
            package,
            releases,
            fingerprint: Sha256([0; 32]),
        };
        entry.fingerprint = Sha256::of(&entry.to_registry(&entry.select(|_| true)).encode());
        entry
    }

    /// The package's id.
    #[must_use]
    pub const fn id(&self) -> PackageId {
        self.package.id
    }

    /// The package itself.
    #[must_use]
    pub const fn package(&self) -> &Package {
        &self.package
    }

    /// Where it is.
    #[must_use]
    pub const fn repository(&self) -> &RepositoryName {
        &self.package.repository
    }

    /// What it is called.
    #[must_use]
    pub const fn name(&self) -> &PackageName {
        &self.package.name
    }

    /// Its releases, oldest version first.
    #[must_use]
    pub fn releases(&self) -> &[ReleaseEntry] {
        &self.releases
    }

    /// The release of this version.
    #[must_use]
    pub fn release(&self, version: &str) -> Option<&ReleaseEntry> {
        self.releases
            .iter()
            .find(|release| release.version_text() == version)
    }

    /// The hash of everything the registry could say about the package.
    #[must_use]
    pub const fn fingerprint(&self) -> &Sha256 {
        &self.fingerprint
    }

    /// The releases for which a rule holds.
    #[must_use]
    pub fn select(&self, mut rule: impl FnMut(&ReleaseEntry) -> bool) -> Visible {
        let mut bits = vec![0; self.releases.len().div_ceil(64)];
        let mut count = 0;
        for (index, release) in self.releases.iter().enumerate() {
            if rule(release) {
                bits[index / 64] |= 1 << (index % 64);
                count += 1;
            }
        }
        Visible {
            bits,
            count,
            of: self.releases.len(),
        }
    }

    /// The releases of a selection made by [`select`](Self::select) on this entry.
    pub fn selected<'a>(&'a self, visible: &'a Visible) -> impl Iterator<Item = &'a ReleaseEntry> {
        self.releases
            .iter()
            .enumerate()
            .filter(|(index, _)| visible.has(*index))
            .map(|(_, release)| release)
    }

    /// The package's registry resource with only these releases.
    #[must_use]
    pub fn to_registry(&self, visible: &Visible) -> registry::Package {
        registry::Package {
            repository: self.repository().to_string(),
            name: self.name().to_string(),
            releases: self
                .selected(visible)
                .map(ReleaseEntry::to_registry)
                .collect(),
            advisories: Vec::new(),
        }
    }
}

/// Some of a package's releases: one bit for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    bits: Vec<u64>,
    count: usize,
    of: usize,
}

impl Visible {
    /// Whether it has no release at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many releases the package has beside these.
    #[must_use]
    pub const fn hidden(&self) -> usize {
        self.of - self.count
    }

    /// Adds the selection to a hash: with the package's fingerprint it tells variants apart.
    pub fn hash_into(&self, hasher: &mut Sha256Hasher) {
        for word in &self.bits {
            hasher.update(&word.to_le_bytes());
        }
    }

    fn has(&self, index: usize) -> bool {
        self.bits[index / 64] >> (index % 64) & 1 == 1
    }
}

/// A moment as the registry writes it.
#[must_use]
pub fn to_registry_time(at: Timestamp) -> registry::Timestamp {
    let micros = at.micros().rem_euclid(1_000_000);
    registry::Timestamp {
        seconds: at.seconds(),
        nanos: i32::try_from(micros * 1_000).expect("less than a second of nanoseconds"),
    }
}
