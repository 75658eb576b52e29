//! Everything a node holds in memory, read in one transaction: all of it, or what changed after a
//! revision. Rows are compact, for there may be a million keys.

mod load;
mod members;
mod reload;
mod rows;

use skep_formats::checksum::Sha256;

use crate::accounts::member::{ApiKeyFacts, UserFacts};
use crate::catalog::release::{Package, Release};
use crate::clock::Timestamp;
use crate::db::{Db, DbError};
use crate::ids::{
    ApiKeyId, CustomerId, KeyId, LicenseId, PackageId, ProductId, TokenGrantId, UserId,
};
use crate::licensing::grant::ReleaseName;
use crate::licensing::license::Terms;
use crate::licensing::plan::Plan;
use crate::licensing::product::Product;

/// A license key, without what only people look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// The key's id.
    pub id: KeyId,
    /// The license it opens.
    pub license: LicenseId,
    /// SHA-256 of the key.
    pub hash: Sha256,
    /// Refused after.
    pub expires_at: Option<Timestamp>,
    /// Refused since.
    pub revoked_at: Option<Timestamp>,
    /// Being rotated out since.
    pub rotated_at: Option<Timestamp>,
}

/// A license, without what only people look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseRow {
    /// The license's id.
    pub id: LicenseId,
    /// Whose it is.
    pub customer: CustomerId,
    /// The plan it was issued under.
    pub plan: Plan,
    /// When and how far it gives.
    pub terms: Terms,
    /// What it gives, sorted.
    pub products: Box<[ProductId]>,
    /// What it may see by name, sorted.
    pub grants: Box<[ReleaseName]>,
}

/// A package with its releases.
#[derive(Clone, Debug, PartialEq)]
pub struct PackageRow {
    /// The package.
    pub package: Package,
    /// Its releases in the order of their versions.
    pub releases: Vec<Release>,
}

/// All of it, as of one revision. Of keys and licenses there may be so many that whoever loads them
/// takes each as it comes: `K` and `L` are what they become.
#[derive(Clone, Debug)]
pub struct Loaded<K = Vec<KeyRow>, L = Vec<LicenseRow>> {
    /// The feed's epoch.
    pub epoch: String,
    /// The feed's revision.
    pub revision: i64,
    /// Every key, in no order.
    pub keys: K,
    /// Every license; from [`load`] they are sorted by id.
    pub licenses: L,
    /// Every product.
    pub products: Vec<Product>,
    /// Every package.
    pub packages: Vec<PackageRow>,
    /// Every user.
    pub users: Vec<UserFacts>,
    /// Every API key.
    pub api_keys: Vec<ApiKeyFacts>,
    /// Every login whose tokens are refused.
    pub revocations: Vec<TokenGrantId>,
}

/// What changed after a revision.
#[derive(Clone, Debug)]
pub enum Reload {
    /// Only this; `None` = gone.
    Changes {
        /// The revision this leads to; the old one when nothing changed.
        revision: i64,
        /// Keys.
        keys: Vec<(KeyId, Option<KeyRow>)>,
        /// Licenses.
        licenses: Vec<(LicenseId, Option<LicenseRow>)>,
        /// Products.
        products: Vec<(ProductId, Option<Product>)>,
        /// Packages.
        packages: Vec<(PackageId, Option<PackageRow>)>,
        /// Users.
        users: Vec<(UserId, Option<UserFacts>)>,
        /// API keys.
        api_keys: Vec<(ApiKeyId, Option<ApiKeyFacts>)>,
        /// Logins whose tokens are refused.
        revocations: Vec<(TokenGrantId, Option<()>)>,
    },
    /// The feed does not tell: call [`load`].
    Full,
}

/// Reads all of it, as rows.
pub async fn load(db: &Db) -> Result<Loaded, DbError> {
    let mut loaded: Loaded = load_into(db).await?;
    loaded.licenses.sort_unstable_by_key(|license| license.id);
    Ok(loaded)
}

/// Reads all of it. Streams keys and licenses: needs little more memory than what it returns.
pub async fn load_into<K, L>(db: &Db) -> Result<Loaded<K, L>, DbError>
where
    K: Default + Extend<KeyRow>,
    L: Default + Extend<LicenseRow>,
{
    load::load(&mut db.read().await?).await
}

/// Reads what changed after revision `after` of `epoch`.
pub async fn reload(db: &Db, after: i64, epoch: &str) -> Result<Reload, DbError> {
    reload::reload(&mut db.read().await?, after, epoch).await
}
