//! Buckets: the clients of the providers, as the configuration wants them.

use std::sync::Arc;
use std::time::Duration;

use object_store::signer::Signer;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use super::FilesError;
use crate::config::{Bucket, NamedBy, Provider};

#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "gcs")]
mod gcs;
#[cfg(feature = "s3")]
mod s3;

/// Two clients of one bucket: a download that hangs is given up soon, an upload may take its time.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    pub(super) reader: Arc<dyn ObjectStore>,
    pub(super) writer: Arc<dyn ObjectStore>,
    pub(super) signer: Arc<dyn Signer>,
}

/// How patient a client is.
#[derive(Clone, Copy)]
struct Patience {
    retries: usize,
    retry_within: Duration,
    /// For the next bytes of an answer.
    silence: Option<Duration>,
}

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const READING: Patience = Patience {
    retries: 4,
    retry_within: Duration::from_secs(5),
    silence: Some(Duration::from_secs(8)),
};
// The silence before an answer has the whole upload in it.
const WRITING: Patience = Patience {
    retries: 6,
    retry_within: Duration::from_secs(30),
    silence: None,
};

impl Patience {
    fn retry(self) -> RetryConfig {
        RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(50),
                max_backoff: Duration::from_secs(2),
                base: 2.0,
            },
            max_retries: self.retries,
            retry_timeout: self.retry_within,
        }
    }

    fn options(self, bucket: &Bucket) -> ClientOptions {
        let is_plain = |url: &url::Url| url.scheme() == "http";
        let options = ClientOptions::new()
            .with_connect_timeout(CONNECT_WITHIN)
            .with_timeout_disabled()
            .with_allow_http(bucket.endpoint.as_ref().is_some_and(is_plain));
        match self.silence {
            Some(silence) => options.with_read_timeout(silence),
            None => options.with_read_timeout_disabled(),
        }
    }
}

/// The clients of a bucket. Nothing is asked of the store yet.
pub(super) fn open(bucket: &Bucket) -> Result<Clients, FilesError> {
    match bucket.provider {
        #[cfg(feature = "s3")]
        Provider::S3 => s3::open(bucket),
        #[cfg(feature = "gcs")]
        Provider::Gcs => gcs::open(bucket),
        #[cfg(feature = "azure")]
        Provider::Azure => azure::open(bucket),
        #[cfg(not(all(feature = "s3", feature = "gcs", feature = "azure")))]
        provider => Err(FilesError::NotBuilt {
            place: bucket.to_string(),
            feature: match provider {
                Provider::S3 => "s3",
                Provider::Gcs => "gcs",
                Provider::Azure => "azure",
            },
        }),
    }
}

/// Both clients from what makes one of them.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn clients<S: ObjectStore + Signer>(
    bucket: &Bucket,
    build: impl Fn(Patience) -> object_store::Result<S>,
) -> Result<Clients, FilesError> {
    let wrong = |error: object_store::Error| {
        FilesError::Refused {
        place: bucket.to_string(),
        problem: match bucket.named_by {
            NamedBy::Section(section) => {
                format!("{section} makes no client of this store: correct what is named below")
            }
            NamedBy::Repository => {
                "[[repository]] (or [storage], for both) makes no client of this store: correct what is named below".to_owned()
            }
            NamedBy::Arguments => {
                "the arguments and the environment make no client of this store: correct what is named below".to_owned()
            }
        },
        source: error.into(),
    }
    };
    let reader = Arc::new(build(READING).map_err(wrong)?);
    Ok(Clients {
        signer: Arc::clone(&reader) as Arc<dyn Signer>,
        reader,
        writer: Arc::new(build(WRITING).map_err(wrong)?),
    })
}
