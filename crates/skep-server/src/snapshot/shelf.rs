//! The packages of one repository.

use std::sync::Arc;

use skep_formats::name::PackageName;

use super::FoundRelease;
use super::shards::Shards;
use crate::catalog::entry::PackageEntry;
use crate::ids::PackageId;

/// Packages by name, and releases by the name of their files: a download is one look-up.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    pub(super) packages: Shards<PackageName, Arc<PackageEntry>>,
    pub(super) releases: Shards<Box<str>, FoundRelease>,
}

impl Shelf {
    /// Puts a package in, in place of what was there under its name.
    pub(super) fn put(&mut self, package: PackageEntry) {
        self.take(package.name().as_str());
        let package = Arc::new(package);
        for (index, release) in package.releases().iter().enumerate() {
            let file_name = format!("{}-{}", package.name(), release.version_text());
            self.releases.insert(
                file_name.into(),
                FoundRelease {
                    package: Arc::clone(&package),
                    index,
                    tarball_url: Arc::default(),
                },
            );
        }
        self.packages.insert(package.name().clone(), package);
    }

    /// Takes a package out.
    pub(super) fn take(&mut self, name: &str) {
        if let Some(package) = self.packages.remove(name) {
            for release in package.releases() {
                self.releases
                    .remove(&*format!("{name}-{}", release.version_text()));
            }
        }
    }

    /// The name of the package with this id. Looks at all of them: only for packages that are gone.
    pub(super) fn name_of(&self, id: PackageId) -> Option<PackageName> {
        self.packages
            .iter()
            .find(|(_, entry)| entry.id() == id)
            .map(|(name, _)| name.clone())
    }
}
