//! The names of all keys, and which of them a mistyped one was meant to be.

/// Every key; `*` stands for the position in an array of tables.
pub(super) const KEYS: &[&str] = &[
    "server.listen",
    "server.url",
    "server.trusted_proxies",
    "server.grace_seconds",
    "server.drain_seconds",
    "server.tls.certificate_file",
    "server.tls.private_key_file",
    "database.url",
    "database.url_file",
    "database.max_connections",
    "database.acquire_timeout_seconds",
    "database.idle_timeout_seconds",
    "database.statement_timeout_seconds",
    "database.lock_timeout_seconds",
    "storage.url",
    "storage.endpoint",
    "storage.region",
    "storage.access_key_id",
    "storage.secret_access_key",
    "storage.secret_access_key_file",
    "storage.account",
    "storage.service_account_file",
    "delivery.mode",
    "delivery.ttl_seconds",
    "delivery.local_url.url",
    "delivery.accel.location",
    "delivery.cloudfront.url",
    "delivery.cloudfront.key_pair_id",
    "delivery.cloudfront.private_key_file",
    "delivery.cloudfront.policy",
    "delivery.cloudfront.not_before_seconds",
    "delivery.cloudfront.source_address",
    "delivery.cloudfront.next.key_pair_id",
    "delivery.cloudfront.next.private_key_file",
    "delivery.cloudfront.next.from",
    "delivery.cloudfront.origin_secret",
    "delivery.cloudfront.origin_secret_file",
    "repository.*.name",
    "repository.*.private_key_file",
    "repository.*.public_key_file",
    "repository.*.registry_url",
    "repository.*.refresh_seconds",
    "repository.*.cloudfront_url",
    "repository.*.accel_location",
    "repository.*.endpoint",
    "repository.*.region",
    "repository.*.access_key_id",
    "repository.*.secret_access_key",
    "repository.*.secret_access_key_file",
    "repository.*.account",
    "repository.*.service_account_file",
    "messages.renew_url",
    "messages.support",
    "usage.spool_dir",
    "usage.retention_days",
    "usage.daily_retention_days",
    "usage.addresses",
    "limits.failed_keys_per_minute",
    "limits.license_per_minute",
    "limits.tarball_bytes",
    "limits.unpacked_bytes",
    "limits.metadata_bytes",
    "metrics.listen",
    "metrics.token",
    "metrics.token_file",
];

/// Keys whose value is a list of texts.
pub(super) fn is_list(key: &str) -> bool {
    key == "server.trusted_proxies"
}

/// Whether there is such a key.
pub(super) fn is_known(key: &str) -> bool {
    KEYS.contains(&pattern(key).as_str())
}

/// Whether there are keys below; the whole file (an empty name) is a section as well.
pub(super) fn is_section(key: &str) -> bool {
    let pattern = pattern(key);
    key.is_empty()
        || KEYS.iter().any(|known| {
            known
                .strip_prefix(&pattern)
                .is_some_and(|rest| rest.starts_with('.'))
        })
}

/// The known key that looks most like `key`, if any does.
pub(super) fn nearest(key: &str) -> Option<&'static str> {
    let key = pattern(key);
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let distance = |known: &str| {
        let misplaced = if last(known) == last(&key) {
            1
        } else {
            usize::MAX
        };
        edit_distance(known, &key).min(misplaced)
    };
    let best = KEYS.iter().copied().min_by_key(|known| distance(known))?;
    (distance(best) <= 3).then_some(best)
}

fn pattern(key: &str) -> String {
    let parts = key.split('.').map(|part| {
        if part.parse::<usize>().is_ok() {
            "*"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join(".")
}

/// How many characters have to be added, removed or changed.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_and_misplaced_keys_are_recognized() {
        assert_eq!(nearest("server.listne"), Some("server.listen"));
        assert_eq!(nearest("sever.url"), Some("server.url"));
        assert_eq!(nearest("server.renew_url"), Some("messages.renew_url"));
        assert_eq!(nearest("repository.0.private_key"), None);
        assert_eq!(
            nearest("repository.0.privat_key_file"),
            Some("repository.*.private_key_file")
        );
        assert_eq!(nearest("color"), None);
    }
}
