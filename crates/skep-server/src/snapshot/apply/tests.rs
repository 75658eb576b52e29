//! One snapshot becomes the next, and the old one stays what it was.

use skep_formats::checksum::Sha256;

use super::*;
use crate::catalog::release::{Package, Release};
use crate::clock::{Clock, Timestamp};
use crate::db::snapshot::Loaded;
use crate::ids::{CustomerId, ReleaseId};
use crate::licensing::key::KeyHash;
use crate::licensing::license::{Status, Terms};
use crate::licensing::plan::Plan;

const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

fn license(clock: &Clock) -> LicenseRow {
    let terms = Terms {
        starts_at: NOW,
        access_until: None,
        updates_until: None,
        grace_days: 0,
        status: Status::Active,
        status_since: NOW,
    };
    LicenseRow {
        id: LicenseId::new(clock),
        customer: CustomerId::new(clock),
        plan: Plan::Lifetime,
        terms,
        products: Box::default(),
        grants: Box::default(),
    }
}

fn key(clock: &Clock, license: LicenseId, text: &str) -> KeyRow {
    KeyRow {
        id: KeyId::new(clock),
        license,
        hash: Sha256::of(text.as_bytes()),
        expires_at: None,
        revoked_at: None,
        rotated_at: None,
    }
}

fn package(clock: &Clock, versions: &[&str]) -> PackageRow {
    let package = Package {
        id: PackageId::new(clock),
        repository: "acme".parse().unwrap(),
        name: "alpha".parse().unwrap(),
        created_at: NOW,
    };
    let release = |version: &&str| Release {
        id: ReleaseId::new(clock),
        package: package.id,
        version: version.parse().unwrap(),
        published_at: NOW,
        updated_at: NOW,
        inner_checksum: Sha256::of(b"inner"),
        outer_checksum: Sha256::of(b"outer"),
        size_bytes: 1,
        dependencies: Vec::new(),
        retirement: None,
        docs: None,
    };
    let releases = versions.iter().map(release).collect();
    PackageRow { package, releases }
}

/// One license, its key `first`, and `alpha` with two releases, at revision 1.
fn world() -> (Snapshot, LicenseRow, KeyRow, PackageRow) {
    let clock = Clock::system();
    let license = license(&clock);
    let key = key(&clock, license.id, "first");
    let package = package(&clock, &["1.0.0", "1.1.0"]);
    let loaded = Loaded {
        epoch: "e".to_owned(),
        revision: 1,
        keys: only(key.clone()),
        licenses: only(license.clone()),
        products: Vec::new(),
        packages: vec![package.clone()],
        users: Vec::new(),
        api_keys: Vec::new(),
        revocations: Vec::new(),
    };
    (Snapshot::from(loaded), license, key, package)
}

fn only<T, All: Default + Extend<T>>(one: T) -> All {
    let mut all = All::default();
    all.extend([one]);
    all
}

fn knows(snapshot: &Snapshot, key: &str) -> bool {
    snapshot.entitlement(&KeyHash::of(key)).is_some()
}

fn has(snapshot: &Snapshot, file_name: &str) -> bool {
    snapshot.release("acme", file_name).is_some()
}

#[test]
fn keys_come_change_and_go() {
    let (first, license, old, _) = world();
    let new = key(&Clock::system(), license.id, "second");
    let revoked = KeyRow {
        revoked_at: Some(NOW),
        ..old.clone()
    };
    let keys = vec![(old.id, Some(revoked)), (new.id, Some(new))];
    let second = first.with(Changes {
        revision: 2,
        keys,
        ..Changes::default()
    });
    assert_eq!((first.revision(), second.revision()), (1, 2));
    assert_eq!(
        (knows(&first, "second"), knows(&second, "second")),
        (false, true)
    );
    let facts = |snapshot: &Snapshot| {
        snapshot
            .entitlement(&KeyHash::of("first"))
            .unwrap()
            .key
            .unwrap()
            .ends()
            .revoked_at
    };
    assert_eq!((facts(&first), facts(&second)), (None, Some(NOW)));
    let third = second.with(Changes {
        revision: 3,
        keys: vec![(old.id, None)],
        ..Changes::default()
    });
    assert_eq!(
        (
            knows(&third, "first"),
            knows(&third, "second"),
            third.count_keys()
        ),
        (false, true, 1)
    );
}

#[test]
fn a_license_that_is_gone_takes_its_keys_along() {
    let (first, license, _, _) = world();
    let second = first.with(Changes {
        revision: 2,
        licenses: vec![(license.id, None)],
        ..Changes::default()
    });
    assert_eq!(
        (knows(&first, "first"), knows(&second, "first")),
        (true, false)
    );
}

#[test]
fn releases_that_are_gone_are_not_found_by_their_files() {
    let (first, _, _, package) = world();
    let id = package.package.id;
    let fewer = PackageRow {
        releases: package.releases[1..].to_vec(),
        ..package
    };
    let second = first.with(Changes {
        revision: 2,
        packages: vec![(id, Some(fewer))],
        ..Changes::default()
    });
    assert_eq!(
        (
            has(&second, "alpha-1.0.0"),
            has(&second, "alpha-1.1.0"),
            has(&first, "alpha-1.0.0")
        ),
        (false, true, true)
    );
    let third = second.with(Changes {
        revision: 3,
        packages: vec![(id, None)],
        ..Changes::default()
    });
    assert!(third.package("acme", "alpha").is_none() && !has(&third, "alpha-1.1.0"));
    assert_eq!((second.count_releases(), third.count_releases()), (1, 0));
}

#[test]
fn a_package_may_be_deleted_and_made_again_in_one_step() {
    let (first, _, _, old) = world();
    let new = package(&Clock::system(), &["3.0.0"]);
    let new_id = new.package.id;
    for packages in [
        vec![(old.package.id, None), (new_id, Some(new.clone()))],
        vec![(new_id, Some(new.clone())), (old.package.id, None)],
    ] {
        let second = first.with(Changes {
            revision: 2,
            packages,
            ..Changes::default()
        });
        assert_eq!(
            (has(&second, "alpha-1.0.0"), has(&second, "alpha-3.0.0")),
            (false, true)
        );
        assert_eq!(second.package("acme", "alpha").unwrap().id(), new_id);
    }
}
