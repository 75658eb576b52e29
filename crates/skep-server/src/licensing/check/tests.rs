//! The table of the decision, row by row, and what a caller who may is told beside.

use skep_formats::checksum::Sha256;
use skep_formats::version::Version;

use super::*;
use crate::catalog::release::{Package, Release};
use crate::clock::Clock;
use crate::ids::{KeyId, LicenseId, PackageId, ProductId, ReleaseId};
use crate::licensing::entitlement::{KeyEnds, LicenseFacts, Products};
use crate::licensing::grant::ReleaseName;
use crate::licensing::license::Status;
use crate::licensing::product::Product;

const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

/// A world with one key, a license for `alpha*` of `acme`, and `alpha` with a release every 100 days:
/// 1.0.0 of 300 days ago, 1.1.0 of 200, 2.0.0 of 100.
struct World {
    key: KeyFacts,
    license: LicenseFacts,
    products: Products,
    alpha: PackageEntry,
    gamma: PackageEntry,
}

fn package(name: &str, releases: &[(&str, i64)]) -> PackageEntry {
    let clock = Clock::system();
    let package = Package {
        id: PackageId::new(&clock),
        repository: "acme".parse().unwrap(),
        name: name.parse().unwrap(),
        created_at: NOW.plus_days(-300),
    };
    let release = |(version, days): &(&str, i64)| Release {
        id: ReleaseId::new(&clock),
        package: package.id,
        version: version.parse::<Version>().unwrap(),
        published_at: NOW.plus_days(-days),
        updated_at: NOW.plus_days(-days),
        inner_checksum: Sha256::of(b"inner"),
        outer_checksum: Sha256::of(version.as_bytes()),
        size_bytes: 1,
        dependencies: Vec::new(),
        retirement: None,
        docs: None,
    };
    PackageEntry::new(package.clone(), releases.iter().map(release).collect())
}

impl World {
    fn new() -> Self {
        let clock = Clock::system();
        let product = Product {
            id: ProductId::new(&clock),
            slug: "pro".parse().unwrap(),
            repository: "acme".parse().unwrap(),
            packages: vec!["alpha*".parse().unwrap()],
            created_at: NOW,
        };
        let terms = Terms {
            starts_at: NOW.plus_days(-365),
            access_until: None,
            updates_until: None,
            grace_days: 14,
            status: Status::Active,
            status_since: NOW.plus_days(-10),
        };
        let license = LicenseFacts::new(
            LicenseId::new(&clock),
            terms,
            [product.id].into(),
            Box::default(),
        );
        Self {
            key: KeyFacts::new(KeyId::new(&clock), license.id, KeyEnds::default()),
            license,
            products: [(product.id, product)].into(),
            alpha: package("alpha", &[("2.0.0", 100), ("1.0.0", 300), ("1.1.0", 200)]),
            gamma: package("gamma", &[("0.1.0", 50)]),
        }
    }

    fn with_terms(change: impl FnOnce(&mut Terms)) -> Self {
        let mut world = Self::new();
        change(&mut world.license.terms);
        world
    }

    fn with_key(change: impl FnOnce(&mut KeyEnds)) -> Self {
        Self::new().and_key(change)
    }

    fn and_key(mut self, change: impl FnOnce(&mut KeyEnds)) -> Self {
        let mut ends = self.key.ends();
        change(&mut ends);
        self.key = KeyFacts::new(self.key.id, self.key.license, ends);
        self
    }

    fn granting(mut self, package: &str, version: &str) -> Self {
        let grant = ReleaseName {
            repository: "acme".parse().unwrap(),
            package: package.parse().unwrap(),
            version: version.parse().unwrap(),
        };
        let license = &self.license;
        self.license = LicenseFacts::new(
            license.id,
            license.terms,
            license.products.clone(),
            [grant].into(),
        );
        self
    }

    fn entitlement(&self) -> Entitlement<'_> {
        Entitlement {
            key: Some(&self.key),
            license: &self.license,
            products: &self.products,
        }
    }

    fn entry(&self, name: &str) -> Option<&PackageEntry> {
        [&self.alpha, &self.gamma]
            .into_iter()
            .find(|entry| entry.name().as_str() == name)
    }

    /// The versions that `packages/NAME` shows, or why it shows none.
    fn package(&self, name: &str) -> Result<Vec<&str>, Denied> {
        let entry = self.entry(name);
        let asked = Asked::Package {
            repository: "acme",
            name,
            entry,
        };
        match check(&Caller::Known(self.entitlement()), &asked, NOW)? {
            Allowed::Package(visible) => {
                let entry = entry.unwrap();
                let versions = entry
                    .releases()
                    .iter()
                    .map(|release| release.version_text());
                let shown: Vec<&str> = entry
                    .selected(&visible)
                    .map(|release| release.version_text())
                    .collect();
                Ok(versions.filter(|version| shown.contains(version)).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    fn tarball(&self, package: &str, version: &str) -> Result<Allowed, Denied> {
        let entry = self.entry(package);
        let release = entry.and_then(|entry| entry.release(version));
        let asked = Asked::Release {
            repository: "acme",
            package,
            version,
            entry,
            release,
        };
        check(&Caller::Known(self.entitlement()), &asked, NOW)
    }

    fn index(&self) -> Result<Allowed, Denied> {
        check(&Caller::Known(self.entitlement()), &Asked::Index, NOW)
    }

    fn notices(&self) -> Vec<Notice> {
        let entitlement = self.entitlement();
        notices(
            &entitlement,
            &self.alpha,
            &entitlement.visible(&self.alpha),
            NOW,
        )
    }

    /// Whatever is asked for, the answer is the same refusal.
    fn refuses_everything(&self, expected: &Denied) {
        assert_eq!(self.index().as_ref(), Err(expected));
        for package in ["alpha", "gamma", "nowhere"] {
            assert_eq!(self.package(package).as_ref(), Err(expected), "{package}");
            assert_eq!(
                self.tarball(package, "1.0.0").as_ref(),
                Err(expected),
                "{package}"
            );
        }
    }
}

#[test]
fn callers_without_an_issued_key() {
    let answer = |caller| check(&caller, &Asked::Index, NOW);
    assert_eq!(answer(Caller::Nobody), Err(Denied::NoCredential));
    assert_eq!(answer(Caller::ForeignToken), Err(Denied::ForeignToken));
    assert_eq!(
        answer(Caller::UnknownKey { is_mistyped: true }),
        Err(Denied::UnknownKey { is_mistyped: true })
    );
}

#[test]
fn keys_that_were_revoked_or_have_expired() {
    let since = NOW.plus_seconds(-1);
    World::with_key(|key| key.revoked_at = Some(since))
        .refuses_everything(&Denied::KeyRevoked { since });
    World::with_key(|key| key.expires_at = Some(since)).refuses_everything(&Denied::KeyExpired {
        since,
        was_rotated: false,
    });
    World::with_key(|key| (key.expires_at, key.rotated_at) = (Some(since), Some(since)))
        .refuses_everything(&Denied::KeyExpired {
            since,
            was_rotated: true,
        });
    assert_eq!(
        World::with_key(|key| key.expires_at = Some(NOW)).index(),
        Ok(Allowed::Index)
    );
}

#[test]
fn licenses_that_are_closed() {
    let since = NOW.plus_days(-10);
    World::with_terms(|terms| terms.status = Status::Revoked)
        .refuses_everything(&Denied::LicenseRevoked { since });
    World::with_terms(|terms| terms.status = Status::Suspended)
        .refuses_everything(&Denied::LicenseSuspended { since });
    let starts_at = NOW.plus_seconds(1);
    World::with_terms(|terms| terms.starts_at = starts_at)
        .refuses_everything(&Denied::LicenseNotStarted { starts_at });
    let access_until = NOW.plus_days(-15);
    World::with_terms(|terms| terms.access_until = Some(access_until)).refuses_everything(
        &Denied::LicenseEnded {
            access_until,
            closed_at: NOW.plus_days(-1),
        },
    );
    assert_eq!(
        World::with_terms(|terms| terms.access_until = Some(NOW.plus_days(-14))).index(),
        Ok(Allowed::Index)
    );
}

#[test]
fn a_key_s_problem_comes_before_its_license_s() {
    let world = World::with_terms(|terms| terms.status = Status::Revoked);
    let world = world.and_key(|key| key.revoked_at = Some(NOW));
    assert_eq!(world.index(), Err(Denied::KeyRevoked { since: NOW }));
}

#[test]
fn packages_that_are_not_covered() {
    let world = World::new();
    let denied = |package: &str| Denied::NotCovered {
        package: package.to_owned(),
        covers: vec!["alpha*".to_owned()],
        more: 0,
        elsewhere: None,
    };
    for package in ["gamma", "nowhere"] {
        assert_eq!(world.package(package), Err(denied(package)));
        assert_eq!(world.tarball(package, "0.1.0"), Err(denied(package)));
    }
}

#[test]
fn packages_and_releases_that_are_not_there() {
    let world = World::new();
    let package = "alpha_next".to_owned();
    assert_eq!(
        world.package("alpha_next"),
        Err(Denied::NoSuchPackage {
            package: package.clone()
        })
    );
    assert_eq!(
        world.tarball("alpha_next", "1.0.0"),
        Err(Denied::NoSuchPackage { package })
    );
    let (package, version) = ("alpha".to_owned(), "9.9.9".to_owned());
    assert_eq!(
        world.tarball("alpha", "9.9.9"),
        Err(Denied::NoSuchRelease { package, version })
    );
}

#[test]
fn releases_newer_than_the_update_window() {
    let updates_until = NOW.plus_days(-200);
    let world = World::with_terms(|terms| terms.updates_until = Some(updates_until));
    assert_eq!(
        world.package("alpha"),
        Ok(vec!["1.0.0", "1.1.0"]),
        "the moment of the end belongs to it"
    );
    assert_eq!(world.tarball("alpha", "1.1.0"), Ok(Allowed::Release));
    let newer = Denied::UpdatesEnded {
        updates_until,
        package: "alpha".to_owned(),
        version: Some("2.0.0".to_owned()),
        published_at: NOW.plus_days(-100),
    };
    assert_eq!(world.tarball("alpha", "2.0.0"), Err(newer));

    let updates_until = NOW.plus_days(-301);
    let world = World::with_terms(|terms| terms.updates_until = Some(updates_until));
    let published_at = NOW.plus_days(-300);
    let all = Denied::UpdatesEnded {
        updates_until,
        package: "alpha".to_owned(),
        version: None,
        published_at,
    };
    assert_eq!(world.package("alpha"), Err(all));
}

#[test]
fn a_grant_shows_what_dates_and_products_hide() {
    let world = World::with_terms(|terms| terms.updates_until = Some(NOW.plus_days(-250)))
        .granting("alpha", "2.0.0");
    assert_eq!(world.package("alpha"), Ok(vec!["1.0.0", "2.0.0"]));
    assert_eq!(world.tarball("alpha", "2.0.0"), Ok(Allowed::Release));
    assert!(matches!(
        world.tarball("alpha", "1.1.0"),
        Err(Denied::UpdatesEnded { .. })
    ));

    let world = World::new().granting("gamma", "0.1.0");
    assert_eq!(world.package("gamma"), Ok(vec!["0.1.0"]));
    assert_eq!(world.tarball("gamma", "0.1.0"), Ok(Allowed::Release));
    assert!(matches!(
        world.tarball("gamma", "0.2.0"),
        Err(Denied::NoSuchRelease { .. })
    ));
}

#[test]
fn what_is_sold_is_given() {
    let world = World::new();
    assert_eq!(world.package("alpha"), Ok(vec!["1.0.0", "1.1.0", "2.0.0"]));
    assert_eq!(world.tarball("alpha", "2.0.0"), Ok(Allowed::Release));
    assert_eq!(world.index(), Ok(Allowed::Index));
    assert_eq!(world.notices(), []);
}

#[test]
fn what_is_about_to_end_is_said() {
    let soon = NOW.plus_days(30);
    let ending = World::with_terms(|terms| terms.access_until = Some(soon));
    assert_eq!(ending.notices(), [Notice::Ending { access_until: soon }]);
    assert_eq!(
        World::with_terms(|terms| terms.access_until = Some(NOW.plus_days(31))).notices(),
        []
    );

    let access_until = NOW.plus_days(-1);
    let grace = World::with_terms(|terms| terms.access_until = Some(access_until));
    assert_eq!(
        grace.notices(),
        [Notice::Grace {
            access_until,
            closes_at: NOW.plus_days(13)
        }]
    );

    let updates = World::with_terms(|terms| terms.updates_until = Some(soon));
    assert_eq!(
        updates.notices(),
        [Notice::UpdatesEnding {
            updates_until: soon
        }]
    );

    assert_eq!(
        World::with_key(|key| key.expires_at = Some(soon)).notices(),
        [Notice::KeyExpiring { expires_at: soon }]
    );
    assert_eq!(
        World::with_key(
            |key| (key.expires_at, key.rotated_at) = (Some(NOW.plus_days(90)), Some(NOW))
        )
        .notices(),
        [Notice::KeyRotated {
            expires_at: Some(NOW.plus_days(90))
        }]
    );
}

#[test]
fn what_is_hidden_is_said() {
    let updates_until = NOW.plus_days(-250);
    let world = World::with_terms(|terms| terms.updates_until = Some(updates_until));
    let package = "alpha".to_owned();
    assert_eq!(
        world.notices(),
        [Notice::UpdatesEnded {
            updates_until,
            package: package.clone(),
            hidden: 2
        }]
    );
    let mut world = World::new().granting("alpha", "1.0.0");
    world.products.clear();
    assert_eq!(world.notices(), [Notice::NoLongerCovered { package }]);
}
