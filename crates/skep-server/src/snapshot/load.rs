//! Rows of the database become what the hot path looks up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Snapshot;
use super::key_hasher::ByKeyHash;
use super::shards::Shards;
use super::shelf::Shelf;
use crate::accounts::member::Members;
use crate::catalog::entry::PackageEntry;
use crate::db::snapshot::{KeyRow, LicenseRow, PackageRow};
use crate::db::{self, Db, DbError};
use crate::ids::{LicenseId, ProductId};
use crate::licensing::entitlement::{KeyEnds, KeyFacts, LicenseFacts};
use crate::licensing::key::KeyHash;

/// License keys by their hash.
pub(super) type Keys = Shards<KeyHash, KeyFacts, ByKeyHash>;

/// Licenses by their id.
pub(super) type Licenses = Shards<LicenseId, LicenseFacts>;

impl From<&KeyRow> for KeyFacts {
    fn from(row: &KeyRow) -> Self {
        let ends = KeyEnds {
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            rotated_at: row.rotated_at,
        };
        Self::new(row.id, row.license, ends)
    }
}

impl From<LicenseRow> for LicenseFacts {
    fn from(row: LicenseRow) -> Self {
        Self::new(row.id, row.terms, row.products.into(), row.grants)
    }
}

/// Keys on their way from the database.
#[derive(Debug)]
pub(super) struct LoadedKeys(Keys);

impl Default for LoadedKeys {
    fn default() -> Self {
        Self(Shards::with_hasher(ByKeyHash))
    }
}

impl Extend<KeyRow> for LoadedKeys {
    fn extend<T: IntoIterator<Item = KeyRow>>(&mut self, rows: T) {
        for row in rows {
            self.0.insert(KeyHash(row.hash), KeyFacts::from(&row));
        }
    }
}

/// Licenses on their way from the database. Most of them are for the same products.
#[derive(Debug, Default)]
pub(super) struct LoadedLicenses {
    licenses: Licenses,
    sold: HashSet<Arc<[ProductId]>>,
}

impl Extend<LicenseRow> for LoadedLicenses {
    fn extend<T: IntoIterator<Item = LicenseRow>>(&mut self, rows: T) {
        for row in rows {
            let products = match self.sold.get(&*row.products) {
                Some(products) => Arc::clone(products),
                None => {
                    let products: Arc<[ProductId]> = row.products.into();
                    self.sold.insert(Arc::clone(&products));
                    products
                }
            };
            let license = LicenseFacts::new(row.id, row.terms, products, row.grants);
            self.licenses.insert(row.id, license);
        }
    }
}

/// Everything, with keys and licenses as a snapshot holds them.
type Everything = db::snapshot::Loaded<LoadedKeys, LoadedLicenses>;

/// Reads everything from the database.
///
/// # Errors
/// The database is away, or a row of it makes no sense.
pub(super) async fn load(db: &Db) -> Result<Snapshot, DbError> {
    let loaded: Everything = db::snapshot::load_into(db).await?;
    Ok(loaded.into())
}

impl From<PackageRow> for PackageEntry {
    fn from(row: PackageRow) -> Self {
        Self::new(row.package, row.releases)
    }
}

impl From<Everything> for Snapshot {
    fn from(loaded: Everything) -> Self {
        let (mut keys, mut licenses) = (loaded.keys.0, loaded.licenses.licenses);
        keys.shrink_to_fit();
        licenses.shrink_to_fit();
        let mut snapshot = Self {
            epoch: loaded.epoch.into(),
            revision: loaded.revision,
            keys,
            licenses,
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
        self.licenses.insert(row.id, row.into());
    }

    pub(super) fn put_package(&mut self, row: PackageRow) {
        let shelf = self
            .shelves
            .entry(row.package.repository.clone())
            .or_insert_with(|| Arc::new(Shelf::default()));
        Arc::make_mut(shelf).put(row.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A million of each, with 17 bytes for each in slots: 225 MB.
    #[test]
    fn a_key_and_a_license_are_small() {
        assert_eq!(size_of::<(KeyHash, KeyFacts)>(), 72);
        assert!(size_of::<(LicenseId, LicenseFacts)>() <= 128);
    }
}
