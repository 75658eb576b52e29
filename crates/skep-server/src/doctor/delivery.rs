use super::keys::others_may_read;
use super::{Check, sentence};
use crate::config::{Config, DeliveryMode};
use crate::delivery::Delivery;

const NAME: &str = "delivery";

/// How files reach clients, and whether the key for that is good.
pub(super) fn examine(config: &Config) -> Vec<Check> {
    // The key of local URLs is in the database; any will do to look at the rest.
    if let Err(error) = Delivery::open(&config.delivery, &config.server.url, &[0; 32]) {
        return vec![Check::fail(
            NAME,
            sentence(&error),
            "`skep serve` refuses to start until this is corrected",
        )];
    }
    let url = &config.server.url;
    match (config.delivery.mode, &config.delivery.cloudfront) {
        (DeliveryMode::CloudFront, Some(cloudfront)) => {
            let text = format!(
                "files come from {}, and the key for its URLs is good",
                cloudfront.url
            );
            let mut checks = vec![Check::ok(NAME, text)];
            checks.extend(others_may_read(NAME, &cloudfront.private_key_file));
            checks
        }
        (DeliveryMode::LocalUrl, _) => {
            let local = config
                .delivery
                .local_url
                .as_ref()
                .map_or(url.as_str(), |local| local.as_str());
            vec![Check::ok(
                NAME,
                format!("files come by signed URLs of {local}"),
            )]
        }
        (DeliveryMode::Direct | DeliveryMode::CloudFront, _) => {
            vec![Check::ok(NAME, "files are streamed by this server")]
        }
    }
}
