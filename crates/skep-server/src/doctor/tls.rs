use super::{Check, keys, sentence};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::tls::{self, Doubt};

const NAME: &str = "tls";

/// The server's own certificate, where it has one: read as `serve` reads it.
pub(super) fn examine(config: &Config, clock: &Clock) -> Vec<Check> {
    let Some(files) = &config.server.tls else {
        return Vec::new();
    };
    let mut checks = certificate(config, clock.now());
    checks.extend(keys::others_may_read(NAME, &files.private_key_file));
    if !config.server.url.starts_with("https:") {
        checks.push(Check::warn(
            NAME,
            format!(
                "`[server] url` is `{}`, and the server speaks https",
                config.server.url
            ),
            "set `url` in [server] to its https address: that is what customers are told",
        ));
    }
    checks
}

fn certificate(config: &Config, now: Timestamp) -> Vec<Check> {
    let Some(files) = &config.server.tls else {
        return Vec::new();
    };
    let loaded = match tls::load(files) {
        Ok(loaded) => loaded,
        Err(error) => {
            let advice = "put it right: a running server goes on with the certificate it has, and no server starts";
            return vec![Check::fail(NAME, sentence(&error), advice)];
        }
    };
    let doubts = loaded.doubts(&config.server.url, now);
    if doubts.is_empty() {
        let until = loaded.validity.not_after;
        return vec![Check::ok(
            NAME,
            format!("the certificate is good until {until}"),
        )];
    }
    doubts.iter().map(check).collect()
}

fn check(doubt: &Doubt) -> Check {
    let advice = match doubt {
        Doubt::Expired(_) | Doubt::Soon(_) => {
            "renew it and write it over `certificate_file` in [server.tls]; a running server takes it within seconds"
        }
        Doubt::Early(_) => "look at this machine's clock; else wait, or use the certificate before",
        Doubt::OtherName(_) => {
            "get one for this name and name its file in [server.tls] `certificate_file`, or correct `url` in [server]; \
             behind a CDN or a proxy that asks for another name, all is well"
        }
    };
    match doubt {
        Doubt::Expired(_) | Doubt::Early(_) => Check::fail(NAME, doubt.to_string(), advice),
        Doubt::Soon(_) | Doubt::OtherName(_) => Check::warn(NAME, doubt.to_string(), advice),
    }
}
