//! What changed becomes the next snapshot.

use std::sync::Arc;

use super::Snapshot;
use crate::accounts::member::{ApiKeyFacts, UserFacts};
use crate::db::snapshot::{KeyRow, LicenseRow, PackageRow};
use crate::ids::{ApiKeyId, KeyId, LicenseId, PackageId, ProductId, TokenGrantId, UserId};
use crate::licensing::product::Product;

/// Everything that changed up to a revision; `None` = gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) revision: i64,
    pub(super) keys: Vec<(KeyId, Option<KeyRow>)>,
    pub(super) licenses: Vec<(LicenseId, Option<LicenseRow>)>,
    pub(super) products: Vec<(ProductId, Option<Product>)>,
    pub(super) packages: Vec<(PackageId, Option<PackageRow>)>,
    pub(super) users: Vec<(UserId, Option<UserFacts>)>,
    pub(super) api_keys: Vec<(ApiKeyId, Option<ApiKeyFacts>)>,
    pub(super) revocations: Vec<(TokenGrantId, Option<()>)>,
}

impl Snapshot {
    /// This snapshot with the changes. What did not change is shared.
    pub(super) fn with(&self, changes: Changes) -> Self {
        let mut next = self.clone();
        next.revision = changes.revision;
        next.is_held_back = false;
        next.apply_products(changes.products);
        for (id, row) in changes.licenses {
            match row {
                Some(row) => next.put_license(row),
                None => drop(next.licenses.remove(&id)),
            }
        }
        for (id, row) in changes.keys {
            match row {
                Some(row) => next.put_key(&row),
                None => next.remove_key(id),
            }
        }
        next.apply_packages(changes.packages);
        next.apply_members(changes.users, changes.api_keys);
        for (id, revoked) in changes.revocations {
            match revoked {
                Some(()) => next.revocations.insert(id, ()),
                None => drop(next.revocations.remove(&id)),
            }
        }
        next
    }

    fn apply_products(&mut self, products: Vec<(ProductId, Option<Product>)>) {
        if products.is_empty() {
            return;
        }
        let all = Arc::make_mut(&mut self.products);
        for (id, product) in products {
            match product {
                Some(product) => drop(all.insert(id, product)),
                None => drop(all.remove(&id)),
            }
        }
    }

    fn apply_members(
        &mut self,
        users: Vec<(UserId, Option<UserFacts>)>,
        api_keys: Vec<(ApiKeyId, Option<ApiKeyFacts>)>,
    ) {
        if users.is_empty() && api_keys.is_empty() {
            return;
        }
        let members = Arc::make_mut(&mut self.members);
        for (id, user) in users {
            match user {
                Some(user) => members.put_user(user),
                None => members.remove_user(id),
            }
        }
        for (id, key) in api_keys {
            match key {
                Some(key) => members.put_api_key(key),
                None => members.remove_api_key(id),
            }
        }
    }

    // A package may be gone and another one of its name there in the same step: first what is gone.
    fn apply_packages(&mut self, packages: Vec<(PackageId, Option<PackageRow>)>) {
        let (there, gone): (Vec<_>, Vec<_>) =
            packages.into_iter().partition(|(_, row)| row.is_some());
        for (id, _) in gone {
            self.remove_package(id);
        }
        for row in there.into_iter().filter_map(|(_, row)| row) {
            self.put_package(row);
        }
    }

    // Keys are revoked, hardly ever deleted: no map by id, which would cost as much as the keys do.
    fn remove_key(&mut self, id: KeyId) {
        let hash = self
            .keys
            .iter()
            .find(|(_, key)| key.id == id)
            .map(|(hash, _)| *hash);
        if let Some(hash) = hash {
            self.keys.remove(&hash);
        }
    }

    fn remove_package(&mut self, id: PackageId) {
        for shelf in self.shelves.values_mut() {
            if let Some(name) = shelf.name_of(id) {
                Arc::make_mut(shelf).take(name.as_str());
            }
        }
    }
}

#[cfg(test)]
mod tests;
