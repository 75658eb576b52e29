//! Locked builds are sacred: mix refuses to work at all when a release of its lock file is missing
//! from the registry. So whatever makes a license see less first turns what the license has already
//! downloaded into grants, unless the seller says otherwise.

use serde::Serialize;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{self, DbError, Tx};
use crate::ids::LicenseId;
use crate::licensing::grant::{Grant, Origin, ReleaseName};
use crate::licensing::product::Product;

/// What to do with releases that a license has downloaded and would not see anymore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Downloaded {
    /// They become grants.
    #[default]
    Keep,
    /// They are hidden like the others, those included that an earlier narrowing kept. What the
    /// seller granted by name stays.
    Hide,
}

/// What a license sees apart from grants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight<'a> {
    pub(super) products: &'a [Product],
    pub(super) updates_until: Option<Timestamp>,
}

impl Sight<'_> {
    fn sees(&self, release: &ReleaseName, published_at: Timestamp) -> bool {
        self.updates_until.is_none_or(|until| published_at <= until)
            && self.products.iter().any(|product| {
                product.covers(release.repository.as_str(), release.package.as_str())
            })
    }

    /// Whether `self`, which came before, might have seen anything that `after` does not.
    pub(super) fn is_narrowed_by(&self, after: &Self) -> bool {
        let is_cut = after
            .updates_until
            .is_some_and(|until| self.updates_until.is_none_or(|before| until < before));
        let gives = |product: &Product| {
            after.products.iter().any(|other| {
                other.id == product.id
                    && product
                        .packages
                        .iter()
                        .all(|pattern| other.packages.contains(pattern))
            })
        };
        is_cut || !self.products.iter().all(gives)
    }
}

/// What a narrowing took, or would have taken, from a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Narrowed {
    /// The license.
    pub license: LicenseId,
    /// What it had downloaded and does not see anymore by its products and dates, sorted.
    pub releases: Vec<ReleaseName>,
    /// Whether they became grants.
    pub are_kept: bool,
}

/// Does what a narrowing asks for, in the transaction that narrows: the license is locked. The caller
/// writes `narrowed_at`: when [`Sight::is_narrowed_by`] and downloads are kept it is now, and when they
/// are hidden it is never.
pub(super) async fn apply(
    app: &App,
    tx: &mut Tx,
    license: LicenseId,
    (before, after): (Sight<'_>, Sight<'_>),
    downloaded: Downloaded,
    now: Timestamp,
) -> Result<Narrowed, DbError> {
    let are_kept = downloaded == Downloaded::Keep;
    let granted = db::grants::list(tx, license).await?;
    let origin_of = |release: &ReleaseName| {
        let mut grants = granted.iter();
        grants
            .find(|grant| grant.release == *release)
            .map(|grant| grant.origin)
    };
    let mut releases = Vec::new();
    for (release, published_at) in db::downloads::list_dated(tx, license).await? {
        let Some(published_at) = published_at.or_else(|| undated(app, &release)) else {
            continue;
        };
        let is_taken = match origin_of(&release) {
            Some(Origin::Seller) => false,
            Some(Origin::Narrowing) => !are_kept,
            None => before.sees(&release, published_at),
        };
        if is_taken && !after.sees(&release, published_at) {
            releases.push(release);
        }
    }
    for release in &releases {
        if are_kept {
            let grant = Grant {
                release: release.clone(),
                granted_at: now,
                origin: Origin::Narrowing,
            };
            db::grants::insert(tx, license, &grant).await?;
        } else {
            // An earlier narrowing may have kept it.
            db::grants::delete(tx, license, release).await?;
        }
    }
    Ok(Narrowed {
        license,
        releases,
        are_kept,
    })
}

/// What stands in for the date of a release of a prebuilt repository, which has no update windows. `None`
/// for one that is not there anymore.
fn undated(app: &App, release: &ReleaseName) -> Option<Timestamp> {
    let prebuilt = app.prebuilt(&release.repository);
    prebuilt.map(|_| Timestamp::from_seconds(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::ids::ProductId;

    const DAY: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn product(patterns: &[&str]) -> Product {
        Product {
            id: ProductId::new(&Clock::system()),
            slug: "pro".parse().unwrap(),
            repository: "acme".parse().unwrap(),
            packages: patterns.iter().map(|text| text.parse().unwrap()).collect(),
            created_at: DAY,
        }
    }

    #[test]
    fn a_sight_is_narrowed_by_an_earlier_end_or_fewer_packages() {
        let both = product(&["alpha", "beta"]);
        let one = Product {
            packages: both.packages[..1].to_vec(),
            ..both.clone()
        };
        let sight = |product: &'static [Product], until| Sight {
            products: product,
            updates_until: until,
        };
        let both: &'static [Product] = vec![both].leak();
        let one: &'static [Product] = vec![one].leak();
        let check = |before: Sight<'_>, after: Sight<'_>, expected| {
            assert_eq!(
                before.is_narrowed_by(&after),
                expected,
                "{before:?} {after:?}"
            );
        };
        check(sight(both, None), sight(both, None), false);
        check(sight(both, None), sight(both, Some(DAY)), true);
        check(
            sight(both, Some(DAY)),
            sight(both, Some(DAY.plus_days(1))),
            false,
        );
        check(
            sight(both, Some(DAY)),
            sight(both, Some(DAY.plus_days(-1))),
            true,
        );
        check(sight(both, Some(DAY)), sight(both, None), false);
        check(sight(both, None), sight(one, None), true);
        check(sight(one, None), sight(both, None), false);
        check(sight(one, None), sight(&[], None), true);
    }
}
