//! Each section from its values: the checks, the defaults and the words for what is wrong.

mod cloudfront;
mod database;
mod delivery;
mod metrics;
mod repository;
mod storage;
mod tls;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use url::Url;

use self::repository::Surroundings;
use super::error::ConfigError;
use super::values::{Found, Origin, Values};
use super::{Config, Limits, Messages, Server, Usage};
use crate::usage::address::Addresses;

const DEFAULT_LISTEN: &str = "127.0.0.1:4000";
const MIB: u64 = 1024 * 1024;
/// The largest number TOML has.
const ANY: u64 = i64::MAX.cast_unsigned();

impl Config {
    pub(super) fn read(
        text: &str,
        path: Option<&Path>,
        base_dir: &Path,
        environment: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let values = Values::new(text, path, environment)?;
        let read = Reader {
            values: &values,
            base_dir,
        };
        let (server, database) = (read.server()?, read.database()?);
        let database_pool = read.database_pool(&database)?;
        let storage = read.storage(environment)?;
        let metrics = read.metrics(&server)?;
        let delivery = read.delivery(&server, &storage)?;
        let repositories = read.repositories(&Surroundings {
            storage: &storage,
            delivery: &delivery,
            environment,
        })?;
        Ok(Self {
            base_dir: base_dir.to_path_buf(),
            server,
            database,
            database_pool,
            storage,
            delivery,
            repositories,
            messages: read.messages()?,
            usage: read.usage()?,
            limits: read.limits()?,
            metrics,
            settings: values.into_settings(),
        })
    }
}

struct Reader<'a> {
    values: &'a Values,
    base_dir: &'a Path,
}

impl Reader<'_> {
    fn server(&self) -> Result<Server, ConfigError> {
        let found = self.text_or("server.listen", DEFAULT_LISTEN)?;
        let listen: SocketAddr = found.value.parse().map_err(|_| {
            found.bad(format!(
                "it must be an address and a port, like `{DEFAULT_LISTEN}`"
            ))
        })?;
        let tls = self.tls()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let found = self.text_or("server.url", &format!("{scheme}://{listen}"))?;
        let url = web_url(&found)?.as_str().trim_end_matches('/').to_owned();
        let proxies = self.values.list("server.trusted_proxies")?;
        let trusted_proxies = proxies
            .map(|found| networks(&found))
            .transpose()?
            .unwrap_or_default();
        Ok(Server {
            listen,
            url,
            trusted_proxies,
            grace_seconds: self.small("server.grace_seconds", 5, 0..=600)?,
            drain_seconds: self.small("server.drain_seconds", 25, 0..=3600)?,
            tls,
        })
    }

    fn messages(&self) -> Result<Messages, ConfigError> {
        let support = self.optional("messages.support")?.map(|found| found.value);
        Ok(Messages {
            renew_url: self.url("messages.renew_url")?,
            support,
        })
    }

    fn usage(&self) -> Result<Usage, ConfigError> {
        let spool_dir = self.path(&self.text_or("usage.spool_dir", "spool")?);
        Ok(Usage {
            spool_dir,
            retention_days: self.small("usage.retention_days", 400, 0..=100_000)?,
            daily_retention_days: self.small("usage.daily_retention_days", 0, 0..=100_000)?,
            addresses: self.addresses()?,
        })
    }

    fn addresses(&self) -> Result<Addresses, ConfigError> {
        let found = self.text_or("usage.addresses", "none")?;
        match found.value.as_str() {
            "none" => Ok(Addresses::None),
            "truncated" => Ok(Addresses::Truncated),
            "full" => Ok(Addresses::Full),
            _ => Err(found.bad("it must be `none`, `truncated` or `full`")),
        }
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        Ok(Limits {
            failed_keys_per_minute: self.small(
                "limits.failed_keys_per_minute",
                30,
                0..=1_000_000,
            )?,
            license_per_minute: self.small("limits.license_per_minute", 0, 0..=1_000_000)?,
            tarball_bytes: self
                .values
                .number("limits.tarball_bytes", 16 * MIB, 1024..=ANY)?,
            unpacked_bytes: self
                .values
                .number("limits.unpacked_bytes", 128 * MIB, 1024..=ANY)?,
            metadata_bytes: self
                .values
                .number("limits.metadata_bytes", MIB, 1024..=ANY)?,
        })
    }

    fn text_or(&self, key: &str, otherwise: &str) -> Result<Found<String>, ConfigError> {
        let found = self
            .values
            .text(key)?
            .unwrap_or_else(|| default(key, otherwise));
        self.values.note(key, &found.value, &found.origin);
        Ok(found)
    }

    fn optional(&self, key: &str) -> Result<Option<Found<String>>, ConfigError> {
        let found = self.values.text(key)?;
        if found.is_none() {
            self.values.note(key, "", &Origin::Default);
        }
        Ok(found)
    }

    fn required(&self, key: &str, why: &'static str) -> Result<Found<String>, ConfigError> {
        self.values.text(key)?.ok_or_else(|| ConfigError::Required {
            key: key.to_owned(),
            why,
        })
    }

    fn url(&self, key: &str) -> Result<Option<Url>, ConfigError> {
        self.optional(key)?.map(|found| web_url(&found)).transpose()
    }

    fn small(
        &self,
        key: &str,
        default: u32,
        allowed: RangeInclusive<u32>,
    ) -> Result<u32, ConfigError> {
        let allowed = u64::from(*allowed.start())..=u64::from(*allowed.end());
        let number = self.values.number(key, u64::from(default), allowed)?;
        Ok(u32::try_from(number).expect("the range allowed is one of u32"))
    }

    fn path(&self, found: &Found<String>) -> PathBuf {
        self.base_dir.join(&found.value)
    }
}

fn default(key: &str, value: &str) -> Found<String> {
    Found {
        key: key.to_owned(),
        value: value.to_owned(),
        origin: Origin::Default,
    }
}

fn web_url(found: &Found<String>) -> Result<Url, ConfigError> {
    let url = Url::parse(&found.value).ok();
    let is_plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    };
    url.filter(is_plain)
        .ok_or_else(|| found.bad("it must be a URL, like `https://hex.acme.dev`"))
}

fn networks(found: &Found<Vec<String>>) -> Result<Vec<IpNet>, ConfigError> {
    let parse = |text: &String| {
        let address = text
            .parse()
            .map(|address: std::net::IpAddr| IpNet::from(address));
        address.or_else(|_| text.parse::<IpNet>()).map_err(|_| {
            let found = Found {
                key: found.key.clone(),
                value: text.clone(),
                origin: found.origin.clone(),
            };
            found.bad("it must be an address or a network, like `10.0.0.0/8`")
        })
    };
    found.value.iter().map(parse).collect()
}
