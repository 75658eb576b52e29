//! How a file reaches a client: streamed from here ([`direct`]), sent by nginx in front, or by a redirect
//! to a URL that is good for a few minutes ([`local_url`], [`cloudfront`], a bucket's own). A URL depends
//! on the file and the time only, never on who asks, so it is signed once and given to everybody; the
//! seller may have CloudFront's bound to the caller's address as well.

mod bucket;
pub mod cloudfront;
pub mod direct;
mod last_url;
pub mod local_url;
mod open;
mod signed_url;
mod way;

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use moka::future::Cache;
use skep_formats::name::RepositoryName;

use self::bucket::Bucket;
pub use self::last_url::LastUrl;
pub use self::open::DeliveryError;
pub use self::signed_url::SignedUrl;
pub use self::way::Way;
use crate::clock::Timestamp;
use crate::config;
use crate::delivery::cloudfront::{CloudFront, Policy, SigningKey};
use crate::delivery::local_url::LocalUrl;
use crate::files::{FileKey, Files};
use crate::metrics::CacheUse;

const CACHE_BYTES: u64 = 16 << 20;

/// Who asks for a file, as far as it matters for how to deliver it.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// Its address.
    pub address: IpAddr,
    /// Whether it is known to send its key to nobody else when it is redirected.
    pub drops_authorization: bool,
    /// Whether the request came through a trusted proxy.
    pub is_through_proxy: bool,
    /// Whether it wants the file, not only its headers.
    pub wants_body: bool,
}

/// Where a file is to be had.
#[derive(Clone, Debug)]
pub enum Located {
    /// Here: stream it.
    Stream,
    /// There: redirect to it.
    Redirect(SignedUrl),
    /// nginx in front has it: the value of `X-Accel-Redirect`.
    Accel(HeaderValue),
}

/// Who signs the URLs.
#[derive(Debug)]
pub enum Mode {
    /// Nobody: files are streamed.
    Direct,
    /// This server, for itself or another one with the same database.
    LocalUrl,
    /// This server, for CloudFront.
    CloudFront(Arc<CloudFront>),
    /// The bucket of the files, for clients that don't send their key along: S3 answers 400 to them.
    Presign(Files),
    /// Nobody: nginx sends files from this location.
    Accel(String),
}

/// Locates files and remembers the URLs it signed, in bounded memory.
#[derive(Debug)]
pub struct Delivery {
    mode: Mode,
    /// Prebuilt repositories whose files need another way: they have the names that clients ask for.
    prebuilt: HashMap<RepositoryName, Mode>,
    local_url: Option<LocalUrl>,
    ttl_seconds: u32,
    /// Whether each URL is for one address.
    is_for_callers: bool,
    urls: Cache<FileKey, Signed>,
    callers_urls: Cache<(FileKey, Ipv4Addr), Signed>,
    cache_use: CacheUse,
}

#[derive(Clone, Debug)]
struct Signed {
    bucket: Bucket,
    /// None when signing failed: the next request tries again.
    url: Option<SignedUrl>,
}

/// A URL could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the download URL of `{path}` could not be signed")]
pub struct SignError {
    path: String,
}

impl Delivery {
    /// Delivers as `mode` says. With `local_url` it takes signed URLs of this server, whatever the mode:
    /// those of another node, or from before the mode was changed. A URL is good for three quarters of `ttl_seconds` at least and for
    /// `ttl_seconds` at most.
    #[must_use]
    pub fn new(mode: Mode, local_url: Option<LocalUrl>, ttl_seconds: u32) -> Self {
        Self {
            mode,
            prebuilt: HashMap::new(),
            local_url,
            ttl_seconds,
            is_for_callers: false,
            urls: cache(),
            callers_urls: cache(),
            cache_use: CacheUse::default(),
        }
    }

    /// Delivers files of a prebuilt repository another way: with CloudFront in front of its place, or
    /// with nginx from its folder.
    #[must_use]
    pub fn with_prebuilt(mut self, repository: RepositoryName, mode: Mode) -> Self {
        self.prebuilt.insert(repository, mode);
        self
    }

    fn way_to(&self, file: &FileKey) -> (&Mode, String) {
        match self.prebuilt.get(file.repository()) {
            None => (&self.mode, file.path()),
            Some(mode) => (mode, file.tree_path().path()),
        }
    }

    fn mode_of(&self, file: &FileKey) -> &Mode {
        if self.prebuilt.is_empty() {
            return &self.mode;
        }
        self.prebuilt.get(file.repository()).unwrap_or(&self.mode)
    }

    /// Where `file` is to be had now.
    ///
    /// # Errors
    /// Signing failed; with a key that was accepted at the start it does not.
    pub async fn locate(
        &self,
        file: &FileKey,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Located, SignError> {
        match self.mode_of(file) {
            Mode::Direct => return Ok(Located::Stream),
            // A URL is signed for GET, and S3 wants one credential only.
            Mode::Presign(_) if !asker.drops_authorization || !asker.wants_body => {
                return Ok(Located::Stream);
            }
            Mode::Accel(_) if !asker.is_through_proxy => return Ok(Located::Stream),
            Mode::Accel(location) => {
                let path = format!("{location}{}", self.way_to(file).1);
                let value = HeaderValue::try_from(path).expect("paths of files are visible ASCII");
                return Ok(Located::Accel(value));
            }
            Mode::LocalUrl | Mode::CloudFront(_) | Mode::Presign(_) => {}
        }
        let bucket = Bucket::of(file, now, self.ttl_seconds);
        if !self.is_for_callers {
            return self.signed(&self.urls, file, file, None, bucket, now).await;
        }
        match asker.address.to_canonical() {
            IpAddr::V4(address) => {
                let key = (file.clone(), address);
                let caller = Some(address);
                self.signed(&self.callers_urls, &key, file, caller, bucket, now)
                    .await
            }
            // CloudFront compares no such address.
            IpAddr::V6(_) => Ok(Located::Stream),
        }
    }

    /// The URL that is remembered, or a new one.
    async fn signed<K: Hash + Eq + Clone + Send + Sync + 'static>(
        &self,
        urls: &Cache<K, Signed>,
        key: &K,
        file: &FileKey,
        caller: Option<Ipv4Addr>,
        bucket: Bucket,
        now: Timestamp,
    ) -> Result<Located, SignError> {
        if let Some(signed) = urls.get(key).await
            && signed.bucket == bucket
            && let Some(url) = signed.url
        {
            self.cache_use.hit();
            return Ok(Located::Redirect(url));
        }
        self.cache_use.miss();
        // Unless another request is signing it: then this one waits for that one.
        let fill = async {
            Signed {
                bucket,
                url: self.sign(file, caller, bucket, now).await,
            }
        };
        let is_useless = |signed: &Signed| signed.bucket != bucket || signed.url.is_none();
        let signing = urls.entry_by_ref(key).or_insert_with_if(fill, is_useless);
        let signed = Box::pin(signing).await.into_value();
        signed
            .url
            .map(Located::Redirect)
            .ok_or_else(|| SignError { path: file.path() })
    }

    async fn sign(
        &self,
        file: &FileKey,
        caller: Option<Ipv4Addr>,
        bucket: Bucket,
        now: Timestamp,
    ) -> Option<SignedUrl> {
        let (mode, path) = self.way_to(file);
        match mode {
            Mode::Direct | Mode::Accel(_) => None,
            Mode::LocalUrl => Some(self.local_url.as_ref()?.sign(&path, bucket.expires_at)),
            Mode::CloudFront(cloudfront) => {
                let cloudfront = Arc::clone(cloudfront);
                let Bucket { begun, expires_at } = bucket;
                // A plus is a space to S3.
                let path = path.replace('+', "%2B");
                let is_quick = cloudfront.signs_quickly(begun);
                let sign = move || cloudfront.sign(&path, begun, expires_at, caller);
                if is_quick {
                    return sign().ok();
                }
                // RSA takes half a millisecond: too long for a thread that serves requests.
                tokio::task::spawn_blocking(sign).await.ok()?.ok()
            }
            Mode::Presign(files) => {
                let seconds = bucket.expires_at.seconds() - now.seconds();
                let lifetime = Duration::from_secs(u64::try_from(seconds).ok()?);
                match files.sign_url(file, lifetime).await {
                    Ok(url) => url.map(|url| SignedUrl::new(&url)),
                    Err(error) => {
                        let cause = std::error::Error::source(&error).map(ToString::to_string);
                        tracing::error!(%error, cause, "a URL of the bucket cannot be signed");
                        None
                    }
                }
            }
        }
    }

    /// How often a URL was signed already.
    #[must_use]
    pub const fn cache_use(&self) -> &CacheUse {
        &self.cache_use
    }

    /// The signer of this server's own URLs, for checking them.
    #[must_use]
    pub fn local_url(&self) -> Option<&LocalUrl> {
        self.local_url.as_ref()
    }

    /// Whether a request with this secret comes from the CDN and may read every file.
    #[must_use]
    pub fn is_origin_secret(&self, secret: &[u8]) -> bool {
        match &self.mode {
            Mode::CloudFront(cloudfront) => cloudfront.is_origin_secret(secret),
            Mode::Direct | Mode::LocalUrl | Mode::Presign(_) | Mode::Accel(_) => false,
        }
    }
}

fn cache<K: Hash + Eq + Send + Sync + 'static>() -> Cache<K, Signed> {
    let weigh = |_: &K, signed: &Signed| {
        let bytes = signed.url.as_ref().map_or(0, SignedUrl::len) + size_of::<K>() + 256;
        u32::try_from(bytes).unwrap_or(u32::MAX)
    };
    Cache::builder()
        .max_capacity(CACHE_BYTES)
        .weigher(weigh)
        .build()
}

#[cfg(test)]
mod tests;
