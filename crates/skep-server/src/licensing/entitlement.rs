//! What a caller's key opens, as compact as a million of them ask for: the facts the decision
//! ([`check`](super::check)) is made from.

use std::collections::HashMap;
use std::sync::Arc;

use skep_formats::name::RepositoryName;

use crate::catalog::entry::{PackageEntry, ReleaseEntry, Visible};
use crate::clock::Timestamp;
use crate::ids::{KeyId, LicenseId, ProductId};
use crate::licensing::grant::ReleaseName;
use crate::licensing::license::Terms;
use crate::licensing::product::Product;

/// What the decision needs of a license key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// The key's id.
    pub id: KeyId,
    /// The license it opens.
    pub license: LicenseId,
    // Most keys have no end, so it takes no room in them.
    ends: Option<Box<KeyEnds>>,
}

/// How a license key ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyEnds {
    /// Refused after.
    pub expires_at: Option<Timestamp>,
    /// Refused since.
    pub revoked_at: Option<Timestamp>,
    /// Replaced by another key since; it still works until it expires.
    pub rotated_at: Option<Timestamp>,
}

/// What the decision needs of a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseFacts {
    /// The license's id.
    pub id: LicenseId,
    /// When and how far it gives what it gives.
    pub terms: Terms,
    /// What was sold, shared by licenses for the same.
    pub products: Arc<[ProductId]>,
    grants: Box<[ReleaseName]>,
}

/// Every product there is.
pub type Products = HashMap<ProductId, Product>;

/// A license, the key it was opened with, and the products it may name.
#[derive(Clone, Copy, Debug)]
pub struct Entitlement<'a> {
    /// The key; `None` when the seller asks about a license as such.
    pub key: Option<&'a KeyFacts>,
    /// The license.
    pub license: &'a LicenseFacts,
    /// What its product ids stand for.
    pub products: &'a Products,
}

impl KeyFacts {
    /// The facts of a key.
    #[must_use]
    pub fn new(id: KeyId, license: LicenseId, ends: KeyEnds) -> Self {
        let has_end = ends != KeyEnds::default();
        Self {
            id,
            license,
            ends: has_end.then(|| Box::new(ends)),
        }
    }

    /// How it ends.
    #[must_use]
    pub fn ends(&self) -> KeyEnds {
        self.ends.as_deref().copied().unwrap_or_default()
    }
}

impl LicenseFacts {
    /// The facts of a license; grants may come in any order.
    #[must_use]
    pub fn new(
        id: LicenseId,
        terms: Terms,
        products: Arc<[ProductId]>,
        mut grants: Box<[ReleaseName]>,
    ) -> Self {
        grants.sort_unstable();
        Self {
            id,
            terms,
            products,
            grants,
        }
    }

    /// The releases it sees by name, sorted.
    #[must_use]
    pub fn grants(&self) -> &[ReleaseName] {
        &self.grants
    }

    fn grants_release(&self, package: &PackageEntry, release: &ReleaseEntry) -> bool {
        let wanted = (package.repository(), package.name(), release.version());
        self.grants
            .binary_search_by(|grant| {
                (&grant.repository, &grant.package, &grant.version).cmp(&wanted)
            })
            .is_ok()
    }
}

impl Entitlement<'_> {
    fn products(&self) -> impl Iterator<Item = &Product> {
        self.license
            .products
            .iter()
            .filter_map(|id| self.products.get(id))
    }

    /// The repositories of the license's products, some more than once.
    pub fn repositories(&self) -> impl Iterator<Item = &RepositoryName> {
        self.products().map(|product| &product.repository)
    }

    /// Whether one of the license's products has (or would have) a package of this name.
    #[must_use]
    pub fn covers(&self, repository: &str, package: &str) -> bool {
        self.products()
            .any(|product| product.covers(repository, package))
    }

    /// Whether the license sees a release: one of its products has it and it is not newer than
    /// `updates_until`, or it is granted by name.
    #[must_use]
    pub fn sees(&self, package: &PackageEntry, release: &ReleaseEntry) -> bool {
        (self.license.terms.includes_release_of(release.published_at) && self.covers_entry(package))
            || self.license.grants_release(package, release)
    }

    /// Which releases of a package the license sees.
    #[must_use]
    pub fn visible(&self, package: &PackageEntry) -> Visible {
        let is_covered = self.covers_entry(package);
        package.select(|release| {
            (is_covered && self.license.terms.includes_release_of(release.published_at))
                || self.license.grants_release(package, release)
        })
    }

    fn covers_entry(&self, package: &PackageEntry) -> bool {
        self.covers(package.repository().as_str(), package.name().as_str())
    }

    /// What the license covers, for people who ask a repository: the patterns of its products in that
    /// one, then those in others, which are named.
    pub fn covered_names(&self, repository: &str) -> impl Iterator<Item = String> {
        let (here, there): (Vec<_>, Vec<_>) = self
            .products()
            .flat_map(|product| {
                product
                    .packages
                    .iter()
                    .map(move |pattern| (product, pattern))
            })
            .partition(|(product, _)| product.repository.as_str() == repository);
        let here = here.into_iter().map(|(_, pattern)| pattern.to_string());
        let there = there
            .into_iter()
            .map(|(product, pattern)| format!("{pattern} (repository {})", product.repository));
        here.chain(there)
    }

    /// A repository in which the license covers the package of this very name.
    #[must_use]
    pub fn repository_with(&self, package: &str) -> Option<&str> {
        let has = |product: &&Product| {
            let mut patterns = product.packages.iter();
            patterns.any(|pattern| pattern.as_str() == package)
        };
        let product = self.products().find(has)?;
        Some(product.repository.as_str())
    }
}
