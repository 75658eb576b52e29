use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use url::{Host, Url};

use super::{
    DATABASE_FILE, FILES_DIR, InitError, InitOptions, KEY_FILE, PUBLIC_KEY_FILE, SPOOL_DIR,
};

const DEFAULT_PORT: u16 = 4000;

/// The text of a new `skep.toml`: what is set, and what else could be.
pub(super) fn config(options: &InitOptions) -> Result<String, InitError> {
    let listen = options
        .listen
        .unwrap_or_else(|| default_listen(options.url.as_ref()));
    let url = options.url.as_ref().map_or_else(
        || format!("http://{listen}"),
        |url| url.as_str().trim_end_matches('/').to_owned(),
    );
    let url = quoted(&url);
    let (name, repository) = (&options.name, repository(options));
    let database = database(options)?;
    let storage = options.storage.clone();
    let storage = quoted(&storage.unwrap_or_else(|| format!("file:{FILES_DIR}")));
    Ok(format!(
        r#"# Skep, repository `{name}`. Paths are relative to this file. Each value can be overridden by an
# environment variable: SKEP_SERVER__LISTEN is `listen` in [server]. `skep doctor` says where each
# value came from and checks them all.

[server]
listen = "{listen}"
# What customers type. With a proxy in front, its public address.
url = {url}
# Proxies whose X-Forwarded-For is believed.
# trusted_proxies = ["127.0.0.1"]

{repository}

[database]
{database}

[storage]
# A folder, or a bucket: "s3://bucket/prefix".
url = {storage}

[delivery]
# "direct": this server streams tarballs. "local-url": it redirects to short-lived URLs of its own.
# "cloudfront": it redirects to short-lived URLs of CloudFront. "presign": to those of the bucket.
# "accel": nginx in front sends them.
mode = "direct"
# ttl_seconds = 300

# [delivery.cloudfront]
# url = "https://d111111abcdef8.cloudfront.net"
# key_pair_id = "K2JCJMDEHXQW5F"
# private_key_file = "cloudfront.pem"
# policy = "canned"

[messages]
# What customers read when their license ends or does not cover a package.
# renew_url = "https://acme.dev/renew"
# support = "help@acme.dev"

[usage]
spool_dir = "{SPOOL_DIR}"
# retention_days = 400
# daily_retention_days = 0
# Of requests with a license key: "none", "truncated" (the network), or "full".
# addresses = "none"

[limits]
# Requests with an unknown key, from one address in a minute.
# failed_keys_per_minute = 30
"#
    ))
}

/// A URL with a password stays in its own file.
fn database(options: &InitOptions) -> Result<String, InitError> {
    let Some(file) = &options.database_url_file else {
        return Ok(format!("url = \"sqlite:{DATABASE_FILE}\""));
    };
    let url = fs_err::read_to_string(file)?;
    let is_postgres = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.trim_start().starts_with(scheme));
    if !is_postgres {
        return Err(InitError::DatabaseUrl(file.clone()));
    }
    let file = std::path::absolute(file)?;
    Ok(format!(
        "url_file = {}",
        quoted(&file.display().to_string())
    ))
}

fn repository(options: &InitOptions) -> String {
    let name = &options.name;
    let Some(prebuilt) = &options.prebuilt else {
        return format!(
            r#"[[repository]]
name = "{name}"
# Signs everything customers get. Keep a copy: without it every customer has to start over.
private_key_file = "{KEY_FILE}""#
        );
    };
    let registry_url = quoted(&prebuilt.registry_url);
    format!(
        r#"[[repository]]
name = "{name}"
# Verifies everything customers get. What signs it is elsewhere, where the registry is built.
public_key_file = "{PUBLIC_KEY_FILE}"
# The static registry: a folder, or a bucket: "s3://bucket/prefix".
registry_url = {registry_url}
# refresh_seconds = 5"#
    )
}

/// A URL of this very machine says the port as well.
fn default_listen(url: Option<&Url>) -> SocketAddr {
    let is_local = |url: &&Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(_)) | None => false,
    };
    let port = url
        .filter(is_local)
        .and_then(Url::port)
        .unwrap_or(DEFAULT_PORT);
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
