//! Rows of the snapshot: the columns that it holds, and what they become.

use std::collections::HashMap;

use crate::catalog::release::{Package, Release};
use crate::clock::Timestamp;
use crate::db::DbError;
use crate::db::grants::release_name;
use crate::db::packages::PackageRow as PackageColumns;
use crate::db::releases::ReleaseRow;
use crate::db::row::{At, time};
use crate::db::snapshot::{KeyRow, LicenseRow, PackageRow};
use crate::ids::{LicenseId, PackageId, ProductId};
use crate::licensing::grant::ReleaseName;
use crate::licensing::license::Terms;

/// Each text ends where a condition may follow.
pub(super) mod sql {
    macro_rules! keys {
        () => {
            "SELECT id, license_id, key_sha256, expires_at, revoked_at, rotated_at FROM license_keys"
        };
    }
    macro_rules! licenses {
        () => {
            "SELECT id, customer_id, plan, starts_at, access_until, updates_until, grace_days, status, \
             status_since FROM licenses"
        };
    }
    macro_rules! license_products {
        () => {
            "SELECT license_id, product_id FROM license_products"
        };
    }
    macro_rules! license_grants {
        () => {
            "SELECT license_id, repository, package, version FROM license_grants"
        };
    }
    macro_rules! packages {
        () => {
            "SELECT id, repository, name, created_at FROM packages"
        };
    }
    pub(in crate::db::snapshot) use {keys, license_grants, license_products, licenses, packages};
}

/// By position: they are read a million times.
pub(super) type KeyColumns = (
    String,
    String,
    Vec<u8>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

pub(super) fn key(
    (id, license, hash, expires_at, revoked_at, rotated_at): KeyColumns,
) -> Result<KeyRow, DbError> {
    let at = At {
        table: "license_keys",
        id: &id,
    };
    Ok(KeyRow {
        id: at.parse(&id)?,
        license: at.parse(&license)?,
        hash: at.sha256(&hash)?,
        expires_at: time(expires_at),
        revoked_at: time(revoked_at),
        rotated_at: time(rotated_at),
    })
}

row! {
    pub(super) struct LicenseColumns {
        id: String, customer_id: String, plan: String, starts_at: i64, access_until: Option<i64>,
        updates_until: Option<i64>, grace_days: i64, status: String, status_since: i64,
    }
}

/// A license that has no products and grants yet: see [`Given`].
pub(super) fn license(row: LicenseColumns) -> Result<LicenseRow, DbError> {
    let at = At {
        table: "licenses",
        id: &row.id,
    };
    Ok(LicenseRow {
        id: at.parse(&row.id)?,
        customer: at.parse(&row.customer_id)?,
        plan: at.parse(&row.plan)?,
        terms: Terms {
            starts_at: Timestamp::from_micros(row.starts_at),
            access_until: time(row.access_until),
            updates_until: time(row.updates_until),
            grace_days: at.number("grace_days", row.grace_days)?,
            status: at.parse(&row.status)?,
            status_since: Timestamp::from_micros(row.status_since),
        },
        products: Box::default(),
        grants: Box::default(),
    })
}

pub(super) type ProductColumns = (String, String);

pub(super) fn license_product(
    (license, product): ProductColumns,
) -> Result<(LicenseId, ProductId), DbError> {
    let at = At {
        table: "license_products",
        id: &license,
    };
    Ok((at.parse(&license)?, at.parse(&product)?))
}

pub(super) type GrantColumns = (String, String, String, String);

pub(super) fn license_grant(row: GrantColumns) -> Result<(LicenseId, ReleaseName), DbError> {
    let (license, repository, package, version) = row;
    let at = At {
        table: "license_grants",
        id: &license,
    };
    Ok((
        at.parse(&license)?,
        release_name(at, &repository, &package, &version)?,
    ))
}

/// Products and grants of licenses, sorted: that takes less memory than a map.
pub(super) struct Given {
    products: Vec<(LicenseId, ProductId)>,
    grants: Vec<(LicenseId, ReleaseName)>,
}

impl Given {
    /// Both may come in any order.
    pub(super) fn new(
        mut products: Vec<(LicenseId, ProductId)>,
        mut grants: Vec<(LicenseId, ReleaseName)>,
    ) -> Self {
        products.sort_unstable();
        grants.sort_unstable();
        Self { products, grants }
    }

    /// Gives a license its products and grants.
    pub(super) fn give_to(&self, license: &mut LicenseRow) {
        license.products = of_license(&self.products, license.id).collect();
        license.grants = of_license(&self.grants, license.id).collect();
    }
}

fn of_license<T: Clone>(sorted: &[(LicenseId, T)], license: LicenseId) -> impl Iterator<Item = T> {
    let first = sorted.partition_point(|(of, _)| *of < license);
    sorted[first..]
        .iter()
        .take_while(move |(of, _)| *of == license)
        .map(|(_, given)| given.clone())
}

/// Puts releases under their packages.
pub(super) fn join(
    packages: Vec<PackageColumns>,
    releases: Vec<ReleaseRow>,
) -> Result<Vec<PackageRow>, DbError> {
    let mut of_package: HashMap<PackageId, Vec<Release>> = HashMap::with_capacity(packages.len());
    for row in releases {
        let release = Release::try_from(row)?;
        of_package.entry(release.package).or_default().push(release);
    }
    let with_releases = |row| {
        let package = Package::try_from(row)?;
        let mut releases = of_package.remove(&package.id).unwrap_or_default();
        releases.sort_by(|a, b| a.version.cmp(&b.version));
        Ok(PackageRow { package, releases })
    };
    packages.into_iter().map(with_releases).collect()
}
