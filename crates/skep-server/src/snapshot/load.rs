//! Rows of the database become what the hot path looks up.

use std::collections::HashMap;
use std::sync::Arc;

use super::Snapshot;
use super::key_hasher::ByKeyHash;
use super::shards::Shards;
use super::shelf::Shelf;
use crate::accounts::member::Members;
use crate::catalog::entry::PackageEntry;
use crate::db::snapshot::{KeyRow, LicenseRow, Loaded, PackageRow};
use crate::licensing::entitlement::{KeyFacts, LicenseFacts};
use crate::licensing::key::KeyHash;

impl From<&KeyRow> for KeyFacts {
    fn from(row: &KeyRow) -> Self {
        Self {
            id: row.id,
            license: row.license,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            rotated_at: row.rotated_at,
        }
    }
}

impl From<LicenseRow> for LicenseFacts {
    fn from(row: LicenseRow) -> Self {
        Self::new(row.id, row.terms, row.products, row.grants)
    }
}

impl From<PackageRow> for PackageEntry {
    fn from(row: PackageRow) -> Self {
        Self::new(row.package, row.releases)
    }
}

impl From<Loaded> for Snapshot {
    fn from(loaded: Loaded) -> Self {
        let mut snapshot = Self {
            epoch: loaded.epoch.into(),
            revision: loaded.revision,
            keys: Shards::with_hasher(ByKeyHash),
            licenses: Shards::default(),
            products: Arc::new(
                loaded
                    .products
                    .into_iter()
                    .map(|product| (product.id, product))
                    .collect(),
            ),
            members: Arc::default(),
            revocations: Shards::default(),
            shelves: HashMap::new(),
            is_held_back: false,
        };
        for id in loaded.revocations {
            snapshot.revocations.insert(id, ());
        }
        let mut members = Members::default();
        loaded
            .users
            .into_iter()
            .for_each(|user| members.put_user(user));
        loaded
            .api_keys
            .into_iter()
            .for_each(|key| members.put_api_key(key));
        snapshot.members = Arc::new(members);
        for row in &loaded.keys {
            snapshot.put_key(row);
        }
        for row in loaded.licenses {
            snapshot.put_license(row);
        }
        for row in loaded.packages {
            snapshot.put_package(row);
        }
        snapshot
    }
}

impl Snapshot {
    pub(super) fn put_key(&mut self, row: &KeyRow) {
        self.keys.insert(KeyHash(row.hash), row.into());
    }

    pub(super) fn put_license(&mut self, row: LicenseRow) {
        self.licenses.insert(row.id, Arc::new(row.into()));
    }

    pub(super) fn put_package(&mut self, row: PackageRow) {
        let shelf = self
            .shelves
            .entry(row.package.repository.clone())
            .or_insert_with(|| Arc::new(Shelf::default()));
        Arc::make_mut(shelf).put(row.into());
    }
}
