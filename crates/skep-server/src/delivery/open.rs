//! Delivery as the configuration wants it.

use std::sync::Arc;

use super::*;
use crate::config::{
    CloudFrontKey, CloudFrontPolicy, Config, DeliveryMode, PrebuiltWay, SourceAddress,
};

/// Files cannot be delivered as configured.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Mode `cloudfront` without its section.
    #[error("`[delivery] mode` is `cloudfront`, but there is no section `[delivery.cloudfront]`")]
    NoCloudFront,
    /// The key's file cannot be read; the cause names it.
    #[error("the file of `private_key_file` in `[{section}]` cannot be read")]
    Unreadable {
        /// Where it is named.
        section: &'static str,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The key is of no use.
    #[error("`private_key_file` in `[{section}]` is `{path}`: {source}")]
    Key {
        /// Where it is named.
        section: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it.
        source: cloudfront::KeyError,
    },
}

impl Delivery {
    /// Delivers `files` as configured by a server whose nodes share `local_url_key`.
    ///
    /// # Errors
    /// A key for CloudFront is missing or wrong.
    pub fn open(
        config: &Config,
        local_url_key: &[u8],
        files: &Files,
    ) -> Result<Self, DeliveryError> {
        let mut delivery =
            Self::open_own(&config.delivery, &config.server.url, local_url_key, files)?;
        for repository in &config.repositories {
            let mode = match repository.prebuilt().map(|it| &it.way) {
                None | Some(PrebuiltWay::AsOthers) => continue,
                Some(PrebuiltWay::Accel(location)) => Mode::Accel(location.clone()),
                Some(PrebuiltWay::CloudFront(url)) => {
                    let cloudfront = config.delivery.cloudfront.as_ref();
                    let cloudfront = cloudfront.ok_or(DeliveryError::NoCloudFront)?;
                    let url = url.clone();
                    let there = config::CloudFront {
                        url,
                        ..cloudfront.clone()
                    };
                    Mode::CloudFront(Arc::new(open_cloudfront(&there)?))
                }
            };
            delivery = delivery.with_prebuilt(repository.name.clone(), mode);
        }
        Ok(delivery)
    }

    fn open_own(
        config: &config::Delivery,
        server_url: &str,
        local_url_key: &[u8],
        files: &Files,
    ) -> Result<Self, DeliveryError> {
        let mode = match config.mode {
            DeliveryMode::Direct => Mode::Direct,
            DeliveryMode::LocalUrl => Mode::LocalUrl,
            DeliveryMode::Presign => Mode::Presign(files.clone()),
            DeliveryMode::Accel => Mode::Accel(config.accel_location.clone()),
            DeliveryMode::CloudFront => {
                let cloudfront = config.cloudfront.as_ref();
                let cloudfront = cloudfront.ok_or(DeliveryError::NoCloudFront)?;
                Mode::CloudFront(Arc::new(open_cloudfront(cloudfront)?))
            }
        };
        let base = config
            .local_url
            .as_ref()
            .map_or(server_url, |url| url.as_str());
        let local_url = LocalUrl::new(base, local_url_key);
        let delivery = Self::new(mode, Some(local_url), config.ttl_seconds);
        let policy = config.cloudfront.as_ref().map(|it| &it.policy);
        let is_for_callers = matches!(
            policy,
            Some(CloudFrontPolicy::Custom {
                source_address: SourceAddress::Caller,
                ..
            })
        );
        Ok(Self {
            is_for_callers,
            ..delivery
        })
    }
}

fn open_cloudfront(config: &config::CloudFront) -> Result<CloudFront, DeliveryError> {
    let key = read_key(&config.key, "delivery.cloudfront")?;
    let (policy, not_before_seconds) = match &config.policy {
        CloudFrontPolicy::Canned => (Policy::Canned, None),
        CloudFrontPolicy::Custom {
            not_before_seconds,
            source_address,
        } => {
            let source_ip = match source_address {
                SourceAddress::Network(network) => Some(network.clone()),
                SourceAddress::Any | SourceAddress::Caller => None,
            };
            let not_before = None;
            let policy = Policy::Custom {
                not_before,
                source_ip,
            };
            (policy, *not_before_seconds)
        }
    };
    let mut cloudfront = CloudFront::new(config.url.as_str(), &config.key.key_pair_id, key, policy);
    if let Some(seconds) = not_before_seconds {
        cloudfront = cloudfront.with_not_before(seconds);
    }
    if let Some((next, from)) = &config.next_key {
        let key = read_key(next, "delivery.cloudfront.next")?;
        cloudfront = cloudfront.with_next_key(&next.key_pair_id, key, *from);
    }
    Ok(match &config.origin_secret {
        Some(secret) => cloudfront.with_origin_secret(secret.reveal()),
        None => cloudfront,
    })
}

fn read_key(config: &CloudFrontKey, section: &'static str) -> Result<SigningKey, DeliveryError> {
    let pem = fs_err::read(&config.private_key_file)
        .map_err(|source| DeliveryError::Unreadable { section, source })?;
    SigningKey::from_pem(&pem).map_err(|source| DeliveryError::Key {
        section,
        path: config.private_key_file.display().to_string(),
        source,
    })
}
