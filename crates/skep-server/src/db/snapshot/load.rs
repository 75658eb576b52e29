//! Loading everything.

use crate::db::packages::PackageRow as PackageColumns;
use crate::db::releases::{ReleaseRow, select_releases};
use crate::db::snapshot::members;
use crate::db::snapshot::rows::{
    self, Given, GrantColumns, KeyColumns, LicenseColumns, ProductColumns, sql,
};
use crate::db::snapshot::{KeyRow, LicenseRow, Loaded};
use crate::db::{Conn, DbError, feed, products};

pub(super) async fn load<K, L>(conn: &mut Conn) -> Result<Loaded<K, L>, DbError>
where
    K: Default + Extend<KeyRow>,
    L: Default + Extend<LicenseRow>,
{
    let (epoch, revision) = feed::head(conn).await?;
    let licenses = licenses(conn).await?;
    let keys = keys(conn).await?;
    let products = products::list(conn).await?;
    let packages = fetch_all!(conn, PackageColumns, sql::packages!())?;
    let releases = fetch_all!(conn, ReleaseRow, select_releases!(""))?;
    let (users, api_keys) = members::load(conn).await?;
    let revocations = members::load_revocations(conn).await?;
    Ok(Loaded {
        epoch,
        revision,
        keys,
        licenses,
        products,
        packages: rows::join(packages, releases)?,
        users,
        api_keys,
        revocations,
    })
}

async fn keys<K: Default + Extend<KeyRow>>(conn: &mut Conn) -> Result<K, DbError> {
    let mut keys = K::default();
    for_each_row!(conn, KeyColumns, sql::keys!(), |row| rows::key(row)
        .map(|key| keys.extend([key])))?;
    Ok(keys)
}

async fn licenses<L: Default + Extend<LicenseRow>>(conn: &mut Conn) -> Result<L, DbError> {
    let (mut products, mut grants) = (Vec::new(), Vec::new());
    for_each_row!(conn, ProductColumns, sql::license_products!(), |row| {
        rows::license_product(row).map(|product| products.push(product))
    })?;
    for_each_row!(conn, GrantColumns, sql::license_grants!(), |row| {
        rows::license_grant(row).map(|grant| grants.push(grant))
    })?;
    let given = Given::new(products, grants);
    let mut licenses = L::default();
    for_each_row!(conn, LicenseColumns, sql::licenses!(), |row| {
        rows::license(row).map(|mut license| {
            given.give_to(&mut license);
            licenses.extend([license]);
        })
    })?;
    Ok(licenses)
}
