use super::Reader;
use crate::config::error::ConfigError;
use crate::config::values::Found;
use crate::config::{Delivery, DeliveryMode, Server, StorageUrl};

const MODES: [(&str, DeliveryMode); 5] = [
    ("direct", DeliveryMode::Direct),
    ("local-url", DeliveryMode::LocalUrl),
    ("cloudfront", DeliveryMode::CloudFront),
    ("presign", DeliveryMode::Presign),
    ("accel", DeliveryMode::Accel),
];

impl Reader<'_> {
    pub(super) fn delivery(
        &self,
        server: &Server,
        storage: &StorageUrl,
    ) -> Result<Delivery, ConfigError> {
        let mode = self.mode(server, storage)?;
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
            accel_location: self.accel_location()?,
        })
    }

    /// The mode, which has to go with where the files are.
    fn mode(&self, server: &Server, storage: &StorageUrl) -> Result<DeliveryMode, ConfigError> {
        let found = self.text_or("delivery.mode", "direct")?;
        let mode = MODES.iter().find(|(name, _)| *name == found.value);
        let Some((_, mode)) = mode else {
            let names = MODES.map(|(name, _)| name).join("`, `");
            return Err(found.bad(format!("it must be one of `{names}`")));
        };
        match (mode, storage) {
            (DeliveryMode::Presign, StorageUrl::Folder(_)) => Err(found.bad(
                "a folder signs no URLs: with `storage.url` as `file:…` it must be `direct`, `local-url`, `cloudfront` or `accel`",
            )),
            (DeliveryMode::Accel, StorageUrl::Bucket(_)) => Err(found.bad(
                "nginx reads files from a folder: with a bucket in `storage.url` it must be `direct`, `presign` or `cloudfront`",
            )),
            (DeliveryMode::Accel, _) if server.trusted_proxies.is_empty() => Err(found.bad(
                "only nginx understands these answers: name its address in `server.trusted_proxies`; everybody else is streamed to",
            )),
            _ => Ok(*mode),
        }
    }

    fn accel_location(&self) -> Result<String, ConfigError> {
        location(&self.text_or("delivery.accel.location", "/skep-files/")?)
    }
}

/// A location of nginx, with a slash at both ends.
pub(super) fn location(found: &Found<String>) -> Result<String, ConfigError> {
    let is_plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte))
    };
    if !found.value.starts_with('/') || found.value == "/" || !is_plain(&found.value) {
        return Err(found.bad("it must be a path of nginx, like `/skep-files/`"));
    }
    Ok(format!("{}/", found.value.trim_end_matches('/')))
}
