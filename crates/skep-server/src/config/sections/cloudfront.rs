use super::{Reader, web_url};
use crate::clock::Timestamp;
use crate::config::error::ConfigError;
use crate::config::secret::Secret;
use crate::config::values::Found;
use crate::config::{CloudFront, CloudFrontKey, CloudFrontPolicy, SourceAddress};
use crate::licensing::dates::parse_start;

impl Reader<'_> {
    pub(super) fn cloudfront(&self) -> Result<CloudFront, ConfigError> {
        let url = self.required(
            "delivery.cloudfront.url",
            "the distribution, as `https://d111.cloudfront.net`",
        )?;
        Ok(CloudFront {
            url: web_url(&url)?,
            key: self.cloudfront_key("delivery.cloudfront")?,
            next_key: self.next_key()?,
            policy: self.policy()?,
            origin_secret: self.origin_secret()?,
        })
    }

    fn cloudfront_key(&self, section: &str) -> Result<CloudFrontKey, ConfigError> {
        let key_pair_id = self.required(
            &format!("{section}.key_pair_id"),
            "the id CloudFront gave your public key, as `K2JCJMDEHXQW5F`",
        )?;
        let is_id =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id(&key_pair_id.value) {
            return Err(key_pair_id.bad("it must be letters and digits, as `K2JCJMDEHXQW5F`"));
        }
        let key_file = self.required(
            &format!("{section}.private_key_file"),
            "the PEM file of the key that signs URLs",
        )?;
        Ok(CloudFrontKey {
            key_pair_id: key_pair_id.value,
            private_key_file: self.base_dir.join(key_file.value),
        })
    }

    fn next_key(&self) -> Result<Option<(CloudFrontKey, Timestamp)>, ConfigError> {
        const SECTION: &str = "delivery.cloudfront.next";
        if !self.values.is_set(SECTION) {
            return Ok(None);
        }
        let key = self.cloudfront_key(SECTION)?;
        let from = self.required(
            "delivery.cloudfront.next.from",
            "the moment from which this key signs, as `2026-12-01T00:00:00Z`",
        )?;
        let moment = parse_start(&from.value).map_err(|error| from.bad(error.to_string()))?;
        Ok(Some((key, moment)))
    }

    fn policy(&self) -> Result<CloudFrontPolicy, ConfigError> {
        let policy = self.text_or("delivery.cloudfront.policy", "canned")?;
        let not_before_seconds = match self.values.peek("delivery.cloudfront.not_before_seconds") {
            Some(_) => Some(self.small("delivery.cloudfront.not_before_seconds", 0, 0..=86_400)?),
            None => None,
        };
        let source_address = self.source_address()?;
        let says_more = not_before_seconds.is_some() || source_address != SourceAddress::Any;
        match policy.value.as_str() {
            "canned" if says_more => Err(policy.bad(
                "a canned policy says only until when: with `not_before_seconds` or `source_address` it must be `custom`",
            )),
            "canned" => Ok(CloudFrontPolicy::Canned),
            "custom" => Ok(CloudFrontPolicy::Custom {
                not_before_seconds,
                source_address,
            }),
            _ => Err(policy.bad("it must be `canned` or `custom`")),
        }
    }

    fn source_address(&self) -> Result<SourceAddress, ConfigError> {
        let found = self.text_or("delivery.cloudfront.source_address", "any")?;
        match found.value.as_str() {
            "any" => Ok(SourceAddress::Any),
            "caller" => Ok(SourceAddress::Caller),
            text => {
                let network = text.parse::<ipnet::Ipv4Net>().or_else(|_| {
                    text.parse()
                        .map(|address: std::net::Ipv4Addr| address.into())
                });
                match network {
                    Ok(network) => Ok(SourceAddress::Network(network.to_string())),
                    Err(_) => Err(found.bad(
                        "it must be `any`, `caller` or an IPv4 network as `203.0.113.0/24`: CloudFront compares no IPv6 addresses",
                    )),
                }
            }
        }
    }

    fn origin_secret(&self) -> Result<Option<Secret>, ConfigError> {
        let origin_secret = self
            .values
            .secret("delivery.cloudfront.origin_secret", self.base_dir)?;
        if let Some(secret) = origin_secret
            .as_ref()
            .filter(|secret| secret.value.len() < 16)
        {
            let hidden = Found {
                key: secret.key.clone(),
                value: "****".to_owned(),
                origin: secret.origin.clone(),
            };
            return Err(
                hidden.bad("it must have at least 16 characters: whoever knows it gets every file")
            );
        }
        Ok(origin_secret.map(|found| Secret::new(found.value)))
    }
}
