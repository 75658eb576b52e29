//! Everything the hot path needs, in memory. A snapshot never changes: a change makes a new one that
//! shares all the rest, and swaps it in ([`handle`]).

mod apply;
pub mod handle;
mod key_hasher;
mod load;
mod narrowing;
pub mod shards;
mod shelf;
mod table;

use std::collections::HashMap;
use std::sync::Arc;

use skep_formats::name::RepositoryName;

pub use self::handle::{Health, SnapshotHandle};
use self::load::{Keys, Licenses};
use self::shards::Shards;
use self::shelf::Shelf;
use crate::accounts::member::Members;
use crate::catalog::entry::{PackageEntry, ReleaseEntry};
use crate::delivery::LastUrl;
use crate::ids::TokenGrantId;
use crate::licensing::entitlement::{Entitlement, Products};
use crate::licensing::key::KeyHash;

/// Every key, license, product, package and release, as of one revision of the feed.
#[derive(Clone, Debug)]
pub struct Snapshot {
    epoch: Arc<str>,
    revision: i64,
    keys: Keys,
    licenses: Licenses,
    products: Arc<Products>,
    members: Arc<Members>,
    revocations: Shards<TokenGrantId, ()>,
    shelves: HashMap<RepositoryName, Arc<Shelf>>,
    is_held_back: bool,
}

/// A release found by the name of its file: the package it is in, and which of its releases it is.
#[derive(Clone, Debug)]
pub struct FoundRelease {
    package: Arc<PackageEntry>,
    index: usize,
    tarball_url: Arc<LastUrl>,
}

impl FoundRelease {
    /// The package.
    #[must_use]
    pub fn package(&self) -> &PackageEntry {
        &self.package
    }

    /// The release.
    #[must_use]
    pub fn release(&self) -> &ReleaseEntry {
        &self.package.releases()[self.index]
    }

    /// Where the URL of its tarball is kept.
    #[must_use]
    pub fn tarball_url(&self) -> &LastUrl {
        &self.tarball_url
    }
}

/// How much a snapshot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The feed's revision it is as of.
    pub revision: i64,
    /// License keys, dead ones too.
    pub keys: usize,
    /// Licenses, ended ones too.
    pub licenses: usize,
    /// Packages of all repositories.
    pub packages: usize,
    /// Releases of all packages.
    pub releases: usize,
}

impl Snapshot {
    /// The feed's epoch it belongs to.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The feed's revision it is as of.
    #[must_use]
    pub const fn revision(&self) -> i64 {
        self.revision
    }

    /// What a key opens; `None` when it was never issued.
    #[must_use]
    pub fn entitlement(&self, key: &KeyHash) -> Option<Entitlement<'_>> {
        let key = self.keys.get(key)?;
        let license = self.licenses.get(&key.license)?;
        Some(Entitlement {
            key: Some(key),
            license,
            products: &self.products,
        })
    }

    /// Whether something that takes releases from somebody is still to come.
    const fn is_held_back(&self) -> bool {
        self.is_held_back
    }

    /// Whether the tokens of a login are refused.
    #[must_use]
    pub fn is_revoked(&self, grant: TokenGrantId) -> bool {
        self.revocations.get(&grant).is_some()
    }

    /// A package of a repository.
    #[must_use]
    pub fn package(&self, repository: &str, name: &str) -> Option<&Arc<PackageEntry>> {
        self.shelves.get(repository)?.packages.get(name)
    }

    /// The release whose files are called this: `alpha-1.0.0`.
    #[must_use]
    pub fn release(&self, repository: &str, file_name: &str) -> Option<&FoundRelease> {
        self.shelves.get(repository)?.releases.get(file_name)
    }

    /// Every package of a repository, in no order.
    pub fn packages(&self, repository: &str) -> impl Iterator<Item = &Arc<PackageEntry>> {
        self.shelves
            .get(repository)
            .into_iter()
            .flat_map(|shelf| shelf.packages.iter().map(|(_, entry)| entry))
    }

    /// How many license keys there are.
    #[must_use]
    pub fn count_keys(&self) -> usize {
        self.keys.len()
    }

    /// How many releases there are.
    #[must_use]
    pub fn count_releases(&self) -> usize {
        self.shelves
            .values()
            .map(|shelf| shelf.releases.len())
            .sum()
    }

    /// How much it holds.
    #[must_use]
    pub fn size(&self) -> Size {
        Size {
            revision: self.revision,
            keys: self.count_keys(),
            licenses: self.licenses.len(),
            packages: self
                .shelves
                .values()
                .map(|shelf| shelf.packages.len())
                .sum(),
            releases: self.count_releases(),
        }
    }

    /// Users and their API keys.
    #[must_use]
    pub fn members(&self) -> &Members {
        &self.members
    }

    /// What the products are, by id.
    #[must_use]
    pub fn products(&self) -> &Products {
        &self.products
    }
}
