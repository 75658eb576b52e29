//! The registry as licenses see it. What a resource says depends only on which releases are seen, so
//! it is signed once for each such set, however many licenses there are, and kept in bounded memory.

mod index;

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use moka::future::Cache;
use skep_formats::checksum::{Sha256, Sha256Hasher};
use skep_formats::registry;

pub use self::index::IndexKind;
use self::index::Selection;
use crate::app::Signer;
use crate::catalog::entry::{PackageEntry, Visible};
use crate::licensing::entitlement::LicenseFacts;
use crate::metrics::CacheUse;
use crate::snapshot::Snapshot;

const CACHE_BYTES: u64 = 24 << 20;
const REMEMBERED_SELECTIONS: u64 = 10_000;

/// A registry resource as one set of licenses sees it: signed, gzipped, ready to be sent.
#[derive(Clone, Debug)]
pub struct View {
    /// The file.
    pub body: Bytes,
    /// Its `ETag`: a hash of what it says and of the key that signed it, the same on every node.
    pub etag: HeaderValue,
}

/// A view could not be made: only a bug in making it does that.
#[derive(Clone, Debug, thiserror::Error)]
#[error("a registry resource could not be built: {0}")]
pub struct ViewError(String);

/// Makes views and keeps them.
#[derive(Debug)]
pub struct Views {
    signed: Cache<Sha256, View>,
    /// Which variant of an index a license saw at a revision: finding out again looks at every release.
    selections: Cache<Sha256, Sha256>,
    cache_use: CacheUse,
}

impl Default for Views {
    fn default() -> Self {
        let weigh =
            |_: &Sha256, view: &View| u32::try_from(view.body.len() + 512).unwrap_or(u32::MAX);
        Self {
            signed: Cache::builder()
                .max_capacity(CACHE_BYTES)
                .weigher(weigh)
                .build(),
            selections: Cache::new(REMEMBERED_SELECTIONS),
            cache_use: CacheUse::default(),
        }
    }
}

impl Views {
    /// `packages/NAME` with these releases.
    ///
    /// # Errors
    /// A bug.
    pub async fn package(
        &self,
        signer: &Arc<Signer>,
        package: &Arc<PackageEntry>,
        visible: Visible,
    ) -> Result<View, ViewError> {
        let variant = package_variant(package, &visible);
        if let Some(view) = self.signed.get(&variant).await {
            self.cache_use.hit();
            return Ok(view);
        }
        let package = Arc::clone(package);
        self.sign(variant, signer, move || {
            package.to_registry(&visible).encode()
        })
        .await
    }

    /// `names` or `versions` of a repository, with what a license sees of it; `None` sees everything.
    ///
    /// # Errors
    /// A bug.
    pub async fn index(
        &self,
        signer: &Arc<Signer>,
        kind: IndexKind,
        repository: &str,
        snapshot: &Arc<Snapshot>,
        license: Option<&LicenseFacts>,
    ) -> Result<View, ViewError> {
        let question = index::question(kind, repository, snapshot, license);
        if let Some(variant) = self.selections.get(&question).await
            && let Some(view) = self.signed.get(&variant).await
        {
            self.cache_use.hit();
            return Ok(view);
        }
        let (snapshot, license, name) = (
            Arc::clone(snapshot),
            license.cloned(),
            repository.to_owned(),
        );
        let selection =
            off_thread(move || Selection::new(&snapshot, license.as_ref(), name)).await?;
        let variant = selection.variant(kind);
        self.selections.insert(question, variant).await;
        self.sign(variant, signer, move || selection.encode(kind))
            .await
    }

    /// How often a view was signed already.
    #[must_use]
    pub const fn cache_use(&self) -> &CacheUse {
        &self.cache_use
    }

    /// Signs what `payload` makes, unless another request is doing it: then it waits for that one.
    async fn sign(
        &self,
        variant: Sha256,
        signer: &Arc<Signer>,
        payload: impl FnOnce() -> Vec<u8> + Send + 'static,
    ) -> Result<View, ViewError> {
        self.cache_use.miss();
        let signer = Arc::clone(signer);
        let view = off_thread(move || signed(&payload(), &signer));
        self.signed
            .try_get_with(variant, view)
            .await
            .map_err(|error| ViewError::clone(&error))
    }
}

/// An RSA signature takes a good part of a millisecond: too long for a thread that serves requests.
/// What `names` or `versions` says to whoever sees everything, signed and packed.
pub(super) fn whole_index(
    signer: &Signer,
    kind: IndexKind,
    repository: &str,
    packages: &[Arc<PackageEntry>],
) -> Bytes {
    let selection = Selection::whole(packages, repository.to_owned());
    signed(&selection.encode(kind), signer).body
}

/// What `packages/NAME` says to whoever sees everything, signed and packed.
pub(super) fn whole_package(signer: &Signer, package: &PackageEntry) -> Bytes {
    let payload = package.to_registry(&package.select(|_| true)).encode();
    signed(&payload, signer).body
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ViewError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ViewError(error.to_string()))
}

fn signed(payload: &[u8], signer: &Signer) -> View {
    let mut hasher = Sha256Hasher::new();
    hasher.update(signer.fingerprint.as_bytes());
    hasher.update(payload);
    let etag = format!("\"{}\"", hasher.finish());
    View {
        body: registry::sign(payload, &signer.private_key).into(),
        etag: HeaderValue::try_from(etag).expect("hexadecimal digits in quotes are a header value"),
    }
}

fn package_variant(package: &PackageEntry, visible: &Visible) -> Sha256 {
    let mut hasher = Sha256Hasher::new();
    hasher.update(b"package");
    hasher.update(package.fingerprint().as_bytes());
    visible.hash_into(&mut hasher);
    hasher.finish()
}
