//! Loading everything.

use crate::db::packages::PackageRow as PackageColumns;
use crate::db::releases::{ReleaseRow, select_releases};
use crate::db::snapshot::members;
use crate::db::snapshot::rows::{
    self, GrantColumns, KeyColumns, LicenseColumns, ProductColumns, sql,
};
use crate::db::snapshot::{KeyRow, LicenseRow, Loaded};
use crate::db::{Conn, DbError, feed, products};

pub(super) async fn load(conn: &mut Conn) -> Result<Loaded, DbError> {
    let (epoch, revision) = feed::head(conn).await?;
    let keys = keys(conn).await?;
    let licenses = licenses(conn).await?;
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

async fn keys(conn: &mut Conn) -> Result<Vec<KeyRow>, DbError> {
    let mut keys = Vec::new();
    for_each_row!(conn, KeyColumns, sql::keys!(), |row| rows::key(row)
        .map(|key| keys.push(key)))?;
    Ok(keys)
}

async fn licenses(conn: &mut Conn) -> Result<Vec<LicenseRow>, DbError> {
    let (mut licenses, mut products, mut grants) = (Vec::new(), Vec::new(), Vec::new());
    for_each_row!(conn, LicenseColumns, sql::licenses!(), |row| {
        rows::license(row).map(|license| licenses.push(license))
    })?;
    for_each_row!(conn, ProductColumns, sql::license_products!(), |row| {
        rows::license_product(row).map(|product| products.push(product))
    })?;
    for_each_row!(conn, GrantColumns, sql::license_grants!(), |row| {
        rows::license_grant(row).map(|grant| grants.push(grant))
    })?;
    rows::attach(&mut licenses, products, grants);
    Ok(licenses)
}
