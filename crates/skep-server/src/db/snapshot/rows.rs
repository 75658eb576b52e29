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

/// A license that has no products and grants yet: see [`attach`].
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

/// Gives every license its products and grants. Sorting and walking takes less memory than a map.
pub(super) fn attach(
    licenses: &mut [LicenseRow],
    mut products: Vec<(LicenseId, ProductId)>,
    mut grants: Vec<(LicenseId, ReleaseName)>,
) {
    licenses.sort_unstable_by_key(|license| license.id);
    products.sort_unstable();
    grants.sort_unstable();
    let mut products = products.into_iter().peekable();
    let mut grants = grants.into_iter().peekable();
    for license in licenses {
        let id = license.id;
        while products.next_if(|(of, _)| *of < id).is_some() {}
        while grants.next_if(|(of, _)| *of < id).is_some() {}
        license.products = std::iter::from_fn(|| products.next_if(|(of, _)| *of == id))
            .map(|(_, it)| it)
            .collect();
        license.grants = std::iter::from_fn(|| grants.next_if(|(of, _)| *of == id))
            .map(|(_, it)| it)
            .collect();
    }
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
