//! A release as the database and the snapshot hold it.

use serde::{Deserialize, Serialize};
use skep_formats::checksum::Sha256;
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::registry::{Dependency, Retirement};
use skep_formats::version::Version;

use crate::clock::Timestamp;
use crate::files::FileKey;
use crate::ids::{PackageId, ReleaseId};

/// A package: a name in a repository. It exists as long as it has releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Package {
    /// The package's id.
    pub id: PackageId,
    /// Where it is.
    pub repository: RepositoryName,
    /// What it is called.
    pub name: PackageName,
    /// When its first release came.
    pub created_at: Timestamp,
}

/// One version of a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The release's id; replacing a release keeps it.
    pub id: ReleaseId,
    /// The package it belongs to.
    pub package: PackageId,
    /// Its version.
    pub version: Version,
    /// Its first publication: what `updates_until` is compared with.
    pub published_at: Timestamp,
    /// Its last replacement or retirement.
    pub updated_at: Timestamp,
    /// As the registry names it.
    pub inner_checksum: Sha256,
    /// The SHA-256 of the tarball: also part of the object's key.
    pub outer_checksum: Sha256,
    /// The tarball's size.
    pub size_bytes: u64,
    /// As the registry names them.
    pub dependencies: Vec<Dependency>,
    /// Set when the seller advises against it.
    pub retirement: Option<Retirement>,
    /// Documentation, when there is any.
    pub docs: Option<StoredFile>,
}

/// A file in the object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// SHA-256 of its bytes.
    pub checksum: Sha256,
    /// Its size.
    pub size_bytes: u64,
}

impl Release {
    /// Where its tarball is, given the package it belongs to.
    #[must_use]
    pub fn tarball_key(&self, package: &Package) -> FileKey {
        let Package {
            repository, name, ..
        } = package.clone();
        FileKey::Tarball {
            repository,
            package: name,
            version: self.version.clone(),
            checksum: self.outer_checksum,
        }
    }

    /// Where its documentation is, if it has any.
    #[must_use]
    pub fn docs_key(&self, package: &Package) -> Option<FileKey> {
        let Package {
            repository, name, ..
        } = package.clone();
        let (package, version) = (name, self.version.clone());
        self.docs.map(|docs| FileKey::Docs {
            repository,
            package,
            version,
            checksum: docs.checksum,
        })
    }
}
