//! Signed URLs of Amazon CloudFront, with canned and custom policies. Signatures are over SHA-256, which
//! each URL says: without `Hash-Algorithm` CloudFront takes SHA-1.

mod key;

use std::fmt;
use std::net::Ipv4Addr;

use data_encoding::BASE64;
use skep_formats::checksum::Sha256;

pub use self::key::{KeyError, SigningKey};
use super::SignedUrl;
use crate::clock::Timestamp;

/// What a URL's signature is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The URL and when it expires; shorter.
    Canned,
    /// Said in the URL itself: also from when and for whom.
    Custom {
        /// Not before.
        not_before: Option<Timestamp>,
        /// Only from these addresses: `192.0.2.0/24`.
        source_ip: Option<String>,
    },
}

/// Signs the URLs of one distribution.
pub struct CloudFront {
    base: String,
    key: NamedKey,
    next_key: Option<(NamedKey, Timestamp)>,
    policy: Policy,
    not_before_seconds: Option<u32>,
    origin_secret: Option<Sha256>,
}

/// A key with the id that CloudFront gave it.
#[derive(Debug)]
struct NamedKey {
    id: String,
    key: SigningKey,
}

impl fmt::Debug for CloudFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudFront")
            .field("base", &self.base)
            .field("key", &self.key)
            .field("next_key", &self.next_key)
            .field("policy", &self.policy)
            .field("not_before_seconds", &self.not_before_seconds)
            .field("origin_secret", &self.origin_secret.map(|_| "****"))
            .finish()
    }
}

impl CloudFront {
    /// For the distribution at `base` (`https://d111111abcdef8.cloudfront.net`, or with a path under which
    /// the files are), with the key that CloudFront knows as `key_pair_id`.
    #[must_use]
    pub fn new(base: &str, key_pair_id: &str, key: SigningKey, policy: Policy) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self {
            base,
            key: NamedKey {
                id: key_pair_id.to_owned(),
                key,
            },
            next_key: None,
            policy,
            not_before_seconds: None,
            origin_secret: None,
        }
    }

    /// Signs with another key of the same key group from a moment on: all nodes change to it at once,
    /// and URLs of the one before go on working.
    #[must_use]
    pub fn with_next_key(self, key_pair_id: &str, key: SigningKey, from: Timestamp) -> Self {
        let id = key_pair_id.to_owned();
        Self {
            next_key: Some((NamedKey { id, key }, from)),
            ..self
        }
    }

    /// With a custom policy: URLs do not work earlier than this before they are first given out.
    #[must_use]
    pub fn with_not_before(self, seconds: u32) -> Self {
        Self {
            not_before_seconds: Some(seconds),
            ..self
        }
    }

    /// Takes requests with this secret in `x-skep-origin` for those of the distribution, which has this
    /// server as its origin.
    #[must_use]
    pub fn with_origin_secret(self, secret: &str) -> Self {
        Self {
            origin_secret: Some(Sha256::of(secret.as_bytes())),
            ..self
        }
    }

    /// Whether a request with `secret` comes from the distribution.
    #[must_use]
    pub fn is_origin_secret(&self, secret: &[u8]) -> bool {
        self.origin_secret.is_some_and(|expected| {
            // Comparing checksums tells nothing of the secret, not even its length.
            aws_lc_rs::constant_time::verify_slices_are_equal(&expected.0, &Sha256::of(secret).0)
                .is_ok()
        })
    }

    /// The URL of the file at `path`, first given out at `begun`, until `expires_at`; with a caller, for
    /// that address alone.
    ///
    /// # Errors
    /// The cryptographic library refused to sign.
    pub fn sign(
        &self,
        path: &str,
        begun: Timestamp,
        expires_at: Timestamp,
        caller: Option<Ipv4Addr>,
    ) -> Result<SignedUrl, KeyError> {
        let policy = match &self.policy {
            Policy::Canned => Policy::Canned,
            Policy::Custom {
                not_before,
                source_ip,
            } => {
                let earliest = |seconds: u32| begun.plus_seconds(-i64::from(seconds));
                Policy::Custom {
                    not_before: self.not_before_seconds.map(earliest).or(*not_before),
                    source_ip: caller
                        .map(|address| format!("{address}/32"))
                        .or_else(|| source_ip.clone()),
                }
            }
        };
        let url = format!("{}/{path}", self.base);
        sign_with(self.key_at(begun), &policy, &url, expires_at)
    }

    /// The signed form of a whole `url`, which may have a query of its own.
    ///
    /// # Errors
    /// The cryptographic library refused to sign.
    pub fn sign_url(&self, url: &str, expires_at: Timestamp) -> Result<SignedUrl, KeyError> {
        sign_with(&self.key, &self.policy, url, expires_at)
    }

    /// Whether [`sign`](Self::sign) takes less time than handing it to another thread would.
    pub(super) fn signs_quickly(&self, begun: Timestamp) -> bool {
        self.key_at(begun).key.is_ecdsa()
    }

    fn key_at(&self, moment: Timestamp) -> &NamedKey {
        match &self.next_key {
            Some((next, from)) if moment >= *from => next,
            _ => &self.key,
        }
    }
}

fn sign_with(
    key: &NamedKey,
    policy: &Policy,
    url: &str,
    expires_at: Timestamp,
) -> Result<SignedUrl, KeyError> {
    let json = policy_json(policy, url, expires_at);
    let signature = encode(&key.key.sign(json.as_bytes())?);
    let statement = match policy {
        Policy::Canned => format!("Expires={}", expires_at.seconds()),
        Policy::Custom { .. } => format!("Policy={}", encode(json.as_bytes())),
    };
    let separator = if url.contains('?') { '&' } else { '?' };
    let id = &key.id;
    Ok(SignedUrl::new(&format!(
        "{url}{separator}{statement}&Signature={signature}&Key-Pair-Id={id}&Hash-Algorithm=SHA256"
    )))
}

/// CloudFront builds the canned policy itself to check a signature, so every byte counts: no spaces,
/// this order.
fn policy_json(policy: &Policy, url: &str, expires_at: Timestamp) -> String {
    let mut condition = format!(
        r#""DateLessThan":{{"AWS:EpochTime":{}}}"#,
        expires_at.seconds()
    );
    if let Policy::Custom {
        not_before,
        source_ip,
    } = policy
    {
        if let Some(source_ip) = source_ip {
            condition += &format!(r#","IpAddress":{{"AWS:SourceIp":"{source_ip}"}}"#);
        }
        if let Some(not_before) = not_before {
            condition += &format!(
                r#","DateGreaterThan":{{"AWS:EpochTime":{}}}"#,
                not_before.seconds()
            );
        }
    }
    format!(r#"{{"Statement":[{{"Resource":"{url}","Condition":{{{condition}}}}}]}}"#)
}

/// Base64 with the characters that CloudFront wants in a URL.
fn encode(bytes: &[u8]) -> String {
    BASE64
        .encode(bytes)
        .replace('+', "-")
        .replace('=', "_")
        .replace('/', "~")
}

#[cfg(test)]
mod tests;
