//! What may take releases from somebody waits for their usage; everything else that changed does not.

use std::collections::HashMap;
use std::sync::Arc;

use super::Snapshot;
use crate::ids::ProductId;
use crate::licensing::entitlement::LicenseFacts;
use crate::licensing::license::Terms;
use crate::licensing::product::Product;

impl Snapshot {
    /// This snapshot, which follows `current`, with everything that changed but what makes a license
    /// see less: whoever it concerns still sees what was to be seen, if their license is open and
    /// their key good *now*. It is of `current`'s revision, so the next look at the feed finds all of it
    /// again. `None` when nobody sees less.
    pub(super) fn held_back(&self, current: &Self) -> Option<Self> {
        let licenses = self.narrowed_licenses(current);
        let products = self.narrowed_products(current);
        if licenses.is_empty() && products.is_empty() {
            return None;
        }
        let mut held = self.clone();
        held.epoch = Arc::clone(&current.epoch);
        held.revision = current.revision;
        held.is_held_back = true;
        for license in licenses {
            held.licenses.insert(license.id, license);
        }
        Arc::make_mut(&mut held.products).extend(products);
        Some(held)
    }

    fn narrowed_licenses(&self, current: &Self) -> Vec<LicenseFacts> {
        let changed = self.licenses.changed_since(&current.licenses);
        changed
            .filter_map(|(id, after)| {
                let before = current.licenses.get(id)?;
                gives_less(before, after).then(|| opened_as(before, after))
            })
            .collect()
    }

    fn narrowed_products(&self, current: &Self) -> HashMap<ProductId, Product> {
        if Arc::ptr_eq(&self.products, &current.products) {
            return HashMap::new();
        }
        let before = current.products.iter();
        before
            .filter(|(id, before)| {
                self.products
                    .get(id)
                    .is_none_or(|after| has_less(before, after))
            })
            .map(|(id, before)| (*id, before.clone()))
            .collect()
    }
}

/// Whether a license may see less than before, if it is open.
fn gives_less(before: &LicenseFacts, after: &LicenseFacts) -> bool {
    let is_cut = after.terms.updates_until.is_some_and(|until| {
        before
            .terms
            .updates_until
            .is_none_or(|before| until < before)
    });
    let has = |id: &ProductId| after.products.contains(id);
    is_cut
        || !before.products.iter().all(has)
        || !before
            .grants()
            .iter()
            .all(|grant| after.grants().binary_search(grant).is_ok())
}

/// What `before` gave, when `after` gives anything.
fn opened_as(before: &LicenseFacts, after: &LicenseFacts) -> LicenseFacts {
    let terms = Terms {
        updates_until: before.terms.updates_until,
        ..after.terms
    };
    LicenseFacts::new(
        before.id,
        terms,
        Arc::clone(&before.products),
        before.grants().into(),
    )
}

fn has_less(before: &Product, after: &Product) -> bool {
    before.repository != after.repository
        || !before
            .packages
            .iter()
            .all(|pattern| after.packages.contains(pattern))
}
