use super::{Reader, web_url};
use crate::config::error::ConfigError;
use crate::config::secret::Secret;
use crate::config::values::Found;
use crate::config::{CloudFront, CloudFrontPolicy, Delivery, DeliveryMode};

impl Reader<'_> {
    pub(super) fn delivery(&self) -> Result<Delivery, ConfigError> {
        let found = self.text_or("delivery.mode", "direct")?;
        let mode = match found.value.as_str() {
            "direct" => DeliveryMode::Direct,
            "local-url" => DeliveryMode::LocalUrl,
            "cloudfront" => DeliveryMode::CloudFront,
            _ => return Err(found.bad("it must be `direct`, `local-url` or `cloudfront`")),
        };
        let is_cloudfront =
            mode == DeliveryMode::CloudFront || self.values.is_set("delivery.cloudfront");
        Ok(Delivery {
            mode,
            ttl_seconds: self.small("delivery.ttl_seconds", 300, 10..=86_400)?,
            local_url: self.url("delivery.local_url.url")?,
            cloudfront: if is_cloudfront {
                Some(self.cloudfront()?)
            } else {
                None
            },
        })
    }

    fn cloudfront(&self) -> Result<CloudFront, ConfigError> {
        let url = self.required(
            "delivery.cloudfront.url",
            "the distribution, as `https://d111.cloudfront.net`",
        )?;
        let key_pair_id = self.required(
            "delivery.cloudfront.key_pair_id",
            "the id CloudFront gave your public key, as `K2JCJMDEHXQW5F`",
        )?;
        if !key_pair_id
            .value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric())
            || key_pair_id.value.is_empty()
        {
            return Err(key_pair_id.bad("it must be letters and digits, as `K2JCJMDEHXQW5F`"));
        }
        let key_file = self.required(
            "delivery.cloudfront.private_key_file",
            "the PEM file of the key that signs URLs",
        )?;
        Ok(CloudFront {
            url: web_url(&url)?,
            key_pair_id: key_pair_id.value,
            private_key_file: self.base_dir.join(key_file.value),
            policy: self.policy()?,
            origin_secret: self.origin_secret()?,
        })
    }

    fn policy(&self) -> Result<CloudFrontPolicy, ConfigError> {
        let policy = self.text_or("delivery.cloudfront.policy", "canned")?;
        match policy.value.as_str() {
            "canned" => Ok(CloudFrontPolicy::Canned),
            "custom" => Ok(CloudFrontPolicy::Custom),
            _ => Err(policy.bad("it must be `canned` or `custom`")),
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
