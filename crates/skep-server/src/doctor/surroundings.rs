use url::{Host, Url};

use super::Check;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::db::{self, Db};

/// What customers type.
pub(super) fn url(config: &Config) -> Vec<Check> {
    const NAME: &str = "url";
    let url = &config.server.url;
    let Ok(parsed) = Url::parse(url) else {
        return vec![Check::fail(
            NAME,
            format!("`{url}` is not a URL"),
            "correct `url` in [server]",
        )];
    };
    if is_local(&parsed) {
        let advice = "before you go live, set `url` in [server] to what customers reach";
        return vec![Check::warn(
            NAME,
            format!("`{url}` is reached from this machine only"),
            advice,
        )];
    }
    if parsed.scheme() == "http" {
        let advice = "put a proxy with TLS in front, or set [server.tls], and set `url` in [server] to the https address";
        return vec![Check::warn(
            NAME,
            format!("customers' keys travel in clear to `{url}`"),
            advice,
        )];
    }
    let mut checks = vec![Check::ok(
        NAME,
        format!("customers reach this server at `{url}`"),
    )];
    if config.server.tls.is_none() && config.server.trusted_proxies.is_empty() {
        checks.push(Check::warn(
            "proxy",
            "a proxy does TLS, and `trusted_proxies` is empty: everybody seems to come from the proxy's address",
            "name its address in `trusted_proxies` in [server], or wrong keys of one customer shut out others that mistype theirs",
        ));
    }
    checks
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

/// Whether this machine's time agrees with what was written before.
pub(super) async fn clock(db: &Db, clock: &Clock) -> Check {
    const NAME: &str = "clock";
    let now = clock.now();
    let last = async { db::audit::list(&mut db.read().await?, 1).await }.await;
    let last = last
        .ok()
        .and_then(|entries| entries.first().map(|entry| entry.at));
    match last {
        Some(last) if last > now.plus_seconds(60) => Check::fail(
            NAME,
            format!("it is {now} here, but something was done at {last}"),
            "set this machine's clock: licenses begin and end by it",
        ),
        _ if now < EARLIEST => Check::fail(
            NAME,
            format!("it is {now} here"),
            "set this machine's clock",
        ),
        _ => Check::ok(NAME, format!("it is {now}")),
    }
}

/// No installation is older.
const EARLIEST: Timestamp = Timestamp::from_seconds(1_760_000_000);

/// What customers read when they are refused.
pub(super) fn messages(config: &Config) -> Option<Check> {
    let messages = &config.messages;
    let text = match (&messages.renew_url, &messages.support) {
        (None, None) => "refusals tell customers neither where to renew nor whom to ask",
        (None, Some(_)) => "refusals do not tell customers where to renew",
        (Some(_), _) => return None,
    };
    Some(Check::warn(
        "messages",
        text,
        "set `renew_url` and `support` in [messages]",
    ))
}
