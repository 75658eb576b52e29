//! How a file reaches a client: streamed from here ([`direct`]), or by a redirect to a URL that is
//! good for a few minutes ([`local_url`], [`cloudfront`]). A URL depends on the file and the time only,
//! never on who asks, so it is signed once and given to everybody.

mod bucket;
pub mod cloudfront;
pub mod direct;
pub mod local_url;
mod signed_url;

use std::sync::Arc;

use moka::future::Cache;

use self::bucket::Bucket;
pub use self::signed_url::SignedUrl;
use crate::clock::Timestamp;
use crate::config;
use crate::delivery::cloudfront::{CloudFront, Policy, SigningKey};
use crate::delivery::local_url::LocalUrl;
use crate::files::FileKey;

const CACHE_BYTES: u64 = 16 << 20;

/// Where a file is to be had.
#[derive(Clone, Debug)]
pub enum Located {
    /// Here: stream it.
    Stream,
    /// There: redirect to it.
    Redirect(SignedUrl),
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
}

/// Locates files and remembers the URLs it signed, in bounded memory.
#[derive(Debug)]
pub struct Delivery {
    mode: Mode,
    local_url: Option<LocalUrl>,
    ttl_seconds: u32,
    urls: Cache<FileKey, Signed>,
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

/// Files cannot be delivered as configured.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Mode `cloudfront` without its section.
    #[error("`[delivery] mode` is `cloudfront`, but there is no section `[delivery.cloudfront]`")]
    NoCloudFront,
    /// The key's file cannot be read; the cause names it.
    #[error("the file of `private_key_file` in `[delivery.cloudfront]` cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// The key is of no use.
    #[error("`private_key_file` in `[delivery.cloudfront]` is `{path}`: {source}")]
    Key {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: cloudfront::KeyError,
    },
}

impl Delivery {
    /// Delivers as configured by a server at `server_url`, whose nodes share `local_url_key`.
    ///
    /// # Errors
    /// The key for CloudFront is missing or wrong.
    pub fn open(
        config: &config::Delivery,
        server_url: &str,
        local_url_key: &[u8],
    ) -> Result<Self, DeliveryError> {
        let mode = match config.mode {
            config::DeliveryMode::Direct => Mode::Direct,
            config::DeliveryMode::LocalUrl => Mode::LocalUrl,
            config::DeliveryMode::CloudFront => {
                let cloudfront = config
                    .cloudfront
                    .as_ref()
                    .ok_or(DeliveryError::NoCloudFront)?;
                Mode::CloudFront(Arc::new(open_cloudfront(cloudfront)?))
            }
        };
        let base = config
            .local_url
            .as_ref()
            .map_or(server_url, |url| url.as_str());
        Ok(Self::new(
            mode,
            Some(LocalUrl::new(base, local_url_key)),
            config.ttl_seconds,
        ))
    }

    /// Delivers as `mode` says. With `local_url` it takes signed URLs of this server, whatever the mode:
    /// those of another node, or from before the mode was changed. A URL is good for three quarters of `ttl_seconds` at least and for
    /// `ttl_seconds` at most.
    #[must_use]
    pub fn new(mode: Mode, local_url: Option<LocalUrl>, ttl_seconds: u32) -> Self {
        let weigh = |key: &FileKey, signed: &Signed| {
            let bytes =
                signed.url.as_ref().map_or(0, SignedUrl::len) + std::mem::size_of_val(key) + 256;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let urls = Cache::builder()
            .max_capacity(CACHE_BYTES)
            .weigher(weigh)
            .build();
        Self {
            mode,
            local_url,
            ttl_seconds,
            urls,
        }
    }

    /// Where `file` is to be had now.
    ///
    /// # Errors
    /// Signing failed; with a key that was accepted at the start it does not.
    pub async fn locate(&self, file: &FileKey, now: Timestamp) -> Result<Located, SignError> {
        if let Mode::Direct = self.mode {
            return Ok(Located::Stream);
        }
        let bucket = Bucket::of(file, now, self.ttl_seconds);
        if let Some(signed) = self.urls.get(file).await
            && signed.bucket == bucket
            && let Some(url) = signed.url
        {
            return Ok(Located::Redirect(url));
        }
        Box::pin(self.sign_once(file, bucket)).await
    }

    /// Signs, unless another request is doing it: then it waits for that one.
    async fn sign_once(&self, file: &FileKey, bucket: Bucket) -> Result<Located, SignError> {
        let fill = async {
            Signed {
                bucket,
                url: self.sign(file, bucket).await,
            }
        };
        let is_useless = |signed: &Signed| signed.bucket != bucket || signed.url.is_none();
        let signed = self
            .urls
            .entry_by_ref(file)
            .or_insert_with_if(fill, is_useless)
            .await
            .into_value();
        signed
            .url
            .map(Located::Redirect)
            .ok_or_else(|| SignError { path: file.path() })
    }

    async fn sign(&self, file: &FileKey, bucket: Bucket) -> Option<SignedUrl> {
        let path = file.path();
        match &self.mode {
            Mode::Direct => None,
            Mode::LocalUrl => Some(self.local_url.as_ref()?.sign(&path, bucket.expires_at)),
            Mode::CloudFront(cloudfront) => {
                let cloudfront = Arc::clone(cloudfront);
                // RSA takes half a millisecond: too long for a thread that serves requests.
                tokio::task::spawn_blocking(move || cloudfront.sign(&path, bucket.expires_at))
                    .await
                    .ok()?
                    .ok()
            }
        }
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
            Mode::Direct | Mode::LocalUrl => false,
        }
    }
}

fn open_cloudfront(config: &config::CloudFront) -> Result<CloudFront, DeliveryError> {
    let pem = fs_err::read(&config.private_key_file).map_err(DeliveryError::Unreadable)?;
    let path = || config.private_key_file.display().to_string();
    let key = SigningKey::from_pem(&pem).map_err(|source| DeliveryError::Key {
        path: path(),
        source,
    })?;
    let policy = match config.policy {
        config::CloudFrontPolicy::Canned => Policy::Canned,
        config::CloudFrontPolicy::Custom => Policy::Custom {
            not_before: None,
            source_ip: None,
        },
    };
    let cloudfront = CloudFront::new(config.url.as_str(), &config.key_pair_id, key, policy);
    Ok(match &config.origin_secret {
        Some(secret) => cloudfront.with_origin_secret(secret.reveal()),
        None => cloudfront,
    })
}

#[cfg(test)]
mod tests;
