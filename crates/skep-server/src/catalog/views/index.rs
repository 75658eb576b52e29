//! `names` and `versions`: what a license sees of a whole repository.

use std::sync::Arc;

use skep_formats::checksum::{Sha256, Sha256Hasher};
use skep_formats::registry::{Names, NamesEntry, Versions, VersionsEntry};

use crate::catalog::entry::{PackageEntry, ReleaseEntry, Visible, to_registry_time};
use crate::licensing::entitlement::{Entitlement, LicenseFacts};
use crate::snapshot::Snapshot;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// Packages, with the time of their last change.
    Names,
    /// Packages, with their versions.
    Versions,
}

impl IndexKind {
    const fn tag(self) -> &'static [u8] {
        match self {
            Self::Names => b"names",
            Self::Versions => b"versions",
        }
    }
}

/// The packages of a repository of which a license sees something, in order of their names. The same
/// rule as for `packages/NAME`: a name is here exactly when that would not be refused.
#[derive(Debug)]
pub(super) struct Selection {
    repository: String,
    packages: Vec<(Arc<PackageEntry>, Visible)>,
}

impl Selection {
    pub(super) fn new(
        snapshot: &Snapshot,
        license: Option<&LicenseFacts>,
        repository: String,
    ) -> Self {
        let visible = |package: &PackageEntry| match license {
            None => package.select(|_| true),
            Some(license) => Entitlement {
                key: None,
                license,
                products: snapshot.products(),
            }
            .visible(package),
        };
        let mut packages: Vec<_> = snapshot
            .packages(&repository)
            .map(|package| (Arc::clone(package), visible(package)))
            .filter(|(_, visible)| !visible.is_empty())
            .collect();
        packages.sort_unstable_by(|(a, _), (b, _)| a.name().cmp(b.name()));
        Self {
            repository,
            packages,
        }
    }

    /// Everything of these packages, which come by name and have releases.
    pub(super) fn whole(packages: &[Arc<PackageEntry>], repository: String) -> Self {
        let whole = |package: &Arc<PackageEntry>| (Arc::clone(package), package.select(|_| true));
        Self {
            repository,
            packages: packages.iter().map(whole).collect(),
        }
    }

    pub(super) fn variant(&self, kind: IndexKind) -> Sha256 {
        let mut hasher = Sha256Hasher::new();
        hasher.update(kind.tag());
        hasher.update(self.repository.as_bytes());
        for (package, visible) in &self.packages {
            hasher.update(package.fingerprint().as_bytes());
            visible.hash_into(&mut hasher);
            hasher.update(&updated_at(package, visible).micros().to_le_bytes());
        }
        hasher.finish()
    }

    pub(super) fn encode(&self, kind: IndexKind) -> Vec<u8> {
        let repository = self.repository.clone();
        match kind {
            IndexKind::Names => {
                let packages = self
                    .packages
                    .iter()
                    .map(|(package, visible)| names_entry(package, visible))
                    .collect();
                Names {
                    repository,
                    packages,
                }
                .encode()
            }
            IndexKind::Versions => {
                let packages = self
                    .packages
                    .iter()
                    .map(|(package, visible)| versions_entry(package, visible))
                    .collect();
                Versions {
                    repository,
                    packages,
                }
                .encode()
            }
        }
    }
}

/// What the selection depends on, without looking at a single package.
pub(super) fn question(
    kind: IndexKind,
    repository: &str,
    snapshot: &Snapshot,
    license: Option<&LicenseFacts>,
) -> Sha256 {
    let mut hasher = Sha256Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&bytes.len().to_le_bytes());
        hasher.update(bytes);
    };
    part(kind.tag());
    part(repository.as_bytes());
    part(snapshot.epoch().as_bytes());
    part(&snapshot.revision().to_le_bytes());
    let Some(license) = license else {
        part(b"everything");
        return hasher.finish();
    };
    part(format!("{:?}", license.terms.updates_until).as_bytes());
    for product in &*license.products {
        part(product.to_string().as_bytes());
    }
    for grant in license.grants() {
        part(format!("{} {grant}", grant.repository).as_bytes());
    }
    hasher.finish()
}

fn names_entry(package: &PackageEntry, visible: &Visible) -> NamesEntry {
    NamesEntry {
        name: package.name().to_string(),
        updated_at: Some(to_registry_time(updated_at(package, visible))),
    }
}

fn versions_entry(package: &PackageEntry, visible: &Visible) -> VersionsEntry {
    let retired = package
        .selected(visible)
        .zip(0..)
        .filter(|(release, _)| release.is_retired());
    VersionsEntry {
        name: package.name().to_string(),
        versions: package
            .selected(visible)
            .map(ReleaseEntry::version_text)
            .collect(),
        retired: retired.map(|(_, index)| index).collect(),
        with_advisories: Vec::new(),
    }
}

fn updated_at(package: &PackageEntry, visible: &Visible) -> crate::clock::Timestamp {
    let times = package
        .selected(visible)
        .map(|release: &ReleaseEntry| release.updated_at);
    times
        .max()
        .expect("a selection has no packages without releases")
}
