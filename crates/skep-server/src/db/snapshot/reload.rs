//! Loading only what changed.

use std::collections::HashMap;
use std::hash::Hash;

use crate::db::packages::PackageRow as PackageColumns;
use crate::db::releases::{ReleaseRow, select_releases};
use crate::db::snapshot::members;
use crate::db::snapshot::rows::{
    self, Given, GrantColumns, KeyColumns, LicenseColumns, ProductColumns, sql,
};
use crate::db::snapshot::{KeyRow, LicenseRow, PackageRow, Reload};
use crate::db::{Change, Conn, DbError, feed, products};
use crate::ids::{KeyId, LicenseId, PackageId, ProductId};
use crate::licensing::product::Product;

pub(super) async fn reload(conn: &mut Conn, after: i64, epoch: &str) -> Result<Reload, DbError> {
    let feed = feed::since(conn, after).await?;
    let Some(changes) = feed.changes.filter(|_| feed.epoch == epoch) else {
        return Ok(Reload::Full);
    };
    let (mut keys, mut licenses, mut products, mut packages) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut users, mut api_keys, mut revocations) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Key(id) => keys.push(id),
            Change::License(id) => licenses.push(id),
            Change::Product(id) => products.push(id),
            Change::Package(id) => packages.push(id),
            Change::User(id) => users.push(id),
            Change::ApiKey(id) => api_keys.push(id),
            Change::Revocation(id) => revocations.push(id),
        }
    }
    Ok(Reload::Changes {
        revision: feed.revision,
        keys: reload_keys(conn, &keys).await?,
        licenses: reload_licenses(conn, &licenses).await?,
        products: reload_products(conn, &products).await?,
        packages: reload_packages(conn, &packages).await?,
        users: members::reload_users(conn, &users).await?,
        api_keys: members::reload_api_keys(conn, &api_keys).await?,
        revocations: members::reload_revocations(conn, &revocations).await?,
    })
}

pub(super) fn texts<I: ToString>(ids: &[I]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Each id with what was found of it.
pub(super) fn found<I: Copy + Eq + Hash, T>(
    ids: &[I],
    values: Vec<T>,
    id_of: impl Fn(&T) -> I,
) -> Vec<(I, Option<T>)> {
    let mut values: HashMap<I, T> = values
        .into_iter()
        .map(|value| (id_of(&value), value))
        .collect();
    ids.iter().map(|id| (*id, values.remove(id))).collect()
}

async fn reload_keys(
    conn: &mut Conn,
    ids: &[KeyId],
) -> Result<Vec<(KeyId, Option<KeyRow>)>, DbError> {
    let columns = fetch_in!(
        conn,
        KeyColumns,
        concat!(sql::keys!(), " WHERE id IN"),
        texts(ids)
    )?;
    let keys = columns
        .into_iter()
        .map(rows::key)
        .collect::<Result<_, _>>()?;
    Ok(found(ids, keys, |key: &KeyRow| key.id))
}

async fn reload_licenses(
    conn: &mut Conn,
    ids: &[LicenseId],
) -> Result<Vec<(LicenseId, Option<LicenseRow>)>, DbError> {
    let wanted = texts(ids);
    let columns = fetch_in!(
        conn,
        LicenseColumns,
        concat!(sql::licenses!(), " WHERE id IN"),
        wanted
    )?;
    let mut licenses = columns
        .into_iter()
        .map(rows::license)
        .collect::<Result<Vec<_>, _>>()?;
    let products = concat!(sql::license_products!(), " WHERE license_id IN");
    let products = fetch_in!(conn, ProductColumns, products, wanted)?;
    let products = products
        .into_iter()
        .map(rows::license_product)
        .collect::<Result<_, _>>()?;
    let grants = concat!(sql::license_grants!(), " WHERE license_id IN");
    let grants = fetch_in!(conn, GrantColumns, grants, wanted)?;
    let grants = grants
        .into_iter()
        .map(rows::license_grant)
        .collect::<Result<_, _>>()?;
    let given = Given::new(products, grants);
    licenses
        .iter_mut()
        .for_each(|license| given.give_to(license));
    Ok(found(ids, licenses, |license| license.id))
}

async fn reload_products(
    conn: &mut Conn,
    ids: &[ProductId],
) -> Result<Vec<(ProductId, Option<Product>)>, DbError> {
    let mut reloaded = Vec::with_capacity(ids.len());
    for id in ids {
        reloaded.push((*id, products::find(conn, *id).await?));
    }
    Ok(reloaded)
}

async fn reload_packages(
    conn: &mut Conn,
    ids: &[PackageId],
) -> Result<Vec<(PackageId, Option<PackageRow>)>, DbError> {
    let wanted = texts(ids);
    let packages = fetch_in!(
        conn,
        PackageColumns,
        concat!(sql::packages!(), " WHERE id IN"),
        wanted
    )?;
    let releases = fetch_in!(
        conn,
        ReleaseRow,
        select_releases!(" WHERE package_id IN"),
        wanted
    )?;
    Ok(found(ids, rows::join(packages, releases)?, |row| {
        row.package.id
    }))
}
