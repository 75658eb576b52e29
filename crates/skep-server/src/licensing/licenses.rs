//! Issuing, showing and changing licenses.

mod change;
mod grant;
mod issue;
mod put;
mod show;
mod status;

pub use change::{Change, ChangeError, Changed, Edit, change};
pub use grant::{GrantError, GrantRequest, Granted, grant};
pub use issue::{Issue, IssueError, Issued, issue};
pub(super) use issue::{NewLicense, external_id_is_free, insert};
pub use put::{Difference, Put, PutDone, PutError, put};
pub use show::{Filter, Listed, ShowError, Shown, list, page, show, show_by_external_id};
pub use status::{StatusError, resume, revoke, suspend};

use crate::db::{self, Conn, DbError, Tx};
use crate::ids::LicenseId;
use crate::licensing::license::License;
use crate::licensing::product::Product;
use crate::licensing::unknown::Unknown;

/// The license of an id, or of the seller's own name for it.
pub(super) async fn find(
    conn: &mut Conn,
    id_or_external_id: &str,
) -> Result<Result<License, Unknown>, DbError> {
    let found = match id_or_external_id.parse::<LicenseId>() {
        Ok(id) => db::licenses::find(conn, id).await?,
        Err(_) => db::licenses::find_by_external_id(conn, id_or_external_id).await?,
    };
    Ok(found.ok_or_else(|| Unknown::license(id_or_external_id)))
}

/// The same, to change it: nobody else does until the transaction ends.
pub(super) async fn find_locked(
    tx: &mut Tx,
    id_or_external_id: &str,
) -> Result<Result<License, Unknown>, DbError> {
    let found = match find(tx, id_or_external_id).await? {
        Ok(license) => license,
        Err(unknown) => return Ok(Err(unknown)),
    };
    db::licenses::lock(tx, &[found.id]).await?;
    // Again: it may have changed before the lock was there.
    find(tx, id_or_external_id).await
}

/// The products that a license gives.
async fn products_of(conn: &mut Conn, license: &License) -> Result<Vec<Product>, DbError> {
    let mut products = db::products::list(conn).await?;
    products.retain(|product| license.products.contains(&product.id));
    Ok(products)
}
