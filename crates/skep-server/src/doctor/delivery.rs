use super::keys::others_may_read;
use super::{Check, sentence};
use crate::clock::{Clock, Timestamp};
use crate::config::{CloudFront, Config, DeliveryMode};
use crate::delivery::Delivery;
use crate::files::Files;

const NAME: &str = "delivery";

/// How files reach clients, and whether the keys for that are good.
pub(super) fn examine(config: &Config, files: Option<&Files>, clock: &Clock) -> Vec<Check> {
    let (delivery, url) = (&config.delivery, &config.server.url);
    // The key of local URLs is in the database; any will do to look at the rest. Without the files it
    // has been said already what is wrong.
    if let Some(files) = files
        && let Err(error) = Delivery::open(config, &[0; 32], files)
    {
        return vec![Check::fail(
            NAME,
            sentence(&error),
            "`skep serve` refuses to start until this is corrected",
        )];
    }
    let text = match (delivery.mode, &delivery.cloudfront) {
        (DeliveryMode::CloudFront, Some(cloudfront)) => {
            return examine_cloudfront(cloudfront, clock.now(), delivery.ttl_seconds);
        }
        (DeliveryMode::LocalUrl, _) => {
            let local = delivery.local_url.as_ref();
            let local = local.map_or(url.as_str(), |local| local.as_str());
            format!("files come by signed URLs of {local}")
        }
        (DeliveryMode::Presign, _) => {
            "clients that keep their key to themselves get files by URLs of the bucket, others through this server".to_owned()
        }
        (DeliveryMode::Accel, _) => format!(
            "nginx sends files from its location `{}`, and has to have one with `internal`",
            delivery.accel_location
        ),
        (DeliveryMode::Direct | DeliveryMode::CloudFront, _) => {
            "files are streamed by this server".to_owned()
        }
    };
    vec![Check::ok(NAME, text)]
}

fn examine_cloudfront(cloudfront: &CloudFront, now: Timestamp, ttl_seconds: u32) -> Vec<Check> {
    let text = format!(
        "files come from {}, and the key for its URLs is good",
        cloudfront.url
    );
    let mut checks = vec![Check::ok(NAME, text)];
    checks.extend(others_may_read(NAME, &cloudfront.key.private_key_file));
    if let Some((next, from)) = &cloudfront.next_key {
        let (old, new) = (&cloudfront.key.key_pair_id, &next.key_pair_id);
        checks.extend(others_may_read(NAME, &next.private_key_file));
        checks.push(if now < *from {
            Check::ok(
                NAME,
                format!("URLs are signed with {old} now and with {new} from {from}"),
            )
            .with_advice(format!("have {new} in the key group before that"))
        } else if now < from.plus_seconds(2 * i64::from(ttl_seconds)) {
            Check::ok(
                NAME,
                format!("URLs are signed with {new}; some of {old} are still good"),
            )
        } else {
            Check::warn(
                NAME,
                format!("URLs are signed with {new} since {from}, and no more with {old}"),
                format!("remove {old} from the key group, and move what is in [delivery.cloudfront.next] to [delivery.cloudfront]"),
            )
        });
    }
    checks
}
