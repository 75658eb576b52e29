//! The configuration: `skep.toml`, overridden by `SKEP_SECTION__KEY` variables. Every value remembers
//! where it came from, unknown keys are errors, and relative paths are relative to the file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use skep_formats::name::RepositoryName;
use url::Url;

use crate::clock::Timestamp;
use crate::db::PoolSettings;
use crate::usage::address::Addresses;

mod error;
mod keys;
mod secret;
mod sections;
mod storage;
mod values;

#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use secret::{DatabaseUrl, Secret};
pub use storage::{Bucket, NamedBy, Provider, StorageArgument, StorageUrl};
pub use values::{Origin, Setting};

/// Everything the seller can set, checked, with absolute paths.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that relative paths are relative to.
    pub base_dir: PathBuf,
    /// Where it listens and how the world reaches it.
    pub server: Server,
    /// `sqlite:/path` or `postgres://…`; may hold a password.
    pub database: DatabaseUrl,
    /// How connections to a PostgreSQL server are kept.
    pub database_pool: PoolSettings,
    /// Where tarballs are.
    pub storage: StorageUrl,
    /// How files reach clients.
    pub delivery: Delivery,
    /// At least one; the first is the one at `/repo`.
    pub repositories: Vec<Repository>,
    /// What refusals tell customers to do.
    pub messages: Messages,
    /// What is kept about requests.
    pub usage: Usage,
    /// What is refused as too much.
    pub limits: Limits,
    /// Who may see what the server says of itself.
    pub metrics: Metrics,
    settings: Vec<Setting>,
}

/// `[server]`
#[derive(Clone, Debug)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// What customers type, without a slash at its end: `https://hex.acme.dev`.
    pub url: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Told to stop, it goes on accepting, and keeps idle connections, for so long.
    pub grace_seconds: u32,
    /// How long it then waits for requests under way.
    pub drain_seconds: u32,
    /// Its own certificate; `None` = it speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// `[server.tls]`
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate, then those that vouch for it, PEM.
    pub certificate_file: PathBuf,
    /// Its key, PEM.
    pub private_key_file: PathBuf,
}

/// `[delivery]`
#[derive(Clone, Debug)]
pub struct Delivery {
    /// How a file reaches a client.
    pub mode: DeliveryMode,
    /// The longest a signed URL lives.
    pub ttl_seconds: u32,
    /// Where local signed URLs point to when not to this server.
    pub local_url: Option<Url>,
    /// Always there in mode `cloudfront`.
    pub cloudfront: Option<CloudFront>,
    /// `[delivery.accel] location`: the `internal` location of nginx with the storage's folder, with a
    /// slash at both ends.
    pub accel_location: String,
}

/// `[delivery] mode`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryMode {
    /// The server streams it.
    Direct,
    /// 302 to a signed URL of a Skep host.
    LocalUrl,
    /// 302 to a signed URL of a CloudFront distribution.
    CloudFront,
    /// 302 to a URL signed for the bucket itself, for clients that keep their key to themselves; the
    /// server streams it to others.
    Presign,
    /// nginx in front sends it, told by `X-Accel-Redirect`.
    Accel,
}

/// `[delivery.cloudfront]`
#[derive(Clone, Debug)]
pub struct CloudFront {
    /// The distribution: `https://d111111abcdef8.cloudfront.net`.
    pub url: Url,
    /// The key that signs.
    pub key: CloudFrontKey,
    /// The key that signs from some moment on.
    pub next_key: Option<(CloudFrontKey, Timestamp)>,
    /// What the signature covers.
    pub policy: CloudFrontPolicy,
    /// What a distribution with Skep as its origin sends in `x-skep-origin`.
    pub origin_secret: Option<Secret>,
}

/// A key of a distribution's key group.
#[derive(Clone, Debug)]
pub struct CloudFrontKey {
    /// The id CloudFront gave the public key.
    pub key_pair_id: String,
    /// RSA or ECDSA P-256, PEM.
    pub private_key_file: PathBuf,
}

/// `[delivery.cloudfront] policy`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudFrontPolicy {
    /// One file until one moment: the shorter URL.
    Canned,
    /// The same, as a policy document in the URL, which can say more.
    Custom {
        /// The URL works from this long before it was first given out; `None` = since ever.
        not_before_seconds: Option<u32>,
        /// From where it works.
        source_address: SourceAddress,
    },
}

/// `[delivery.cloudfront] source_address`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceAddress {
    /// From anywhere.
    Any,
    /// From the address that asked for the file.
    Caller,
    /// From this IPv4 network.
    Network(String),
}

/// `[[repository]]`
#[derive(Clone, Debug)]
pub struct Repository {
    /// The name customers give in `mix hex.repo add NAME`.
    pub name: RepositoryName,
    /// Who makes its registry.
    pub kind: RepositoryKind,
}

/// Who makes the registry of a repository.
#[derive(Clone, Debug)]
pub enum RepositoryKind {
    /// Skep: releases are published here.
    Managed {
        /// The RSA key that signs its registry, PEM.
        private_key_file: PathBuf,
    },
    /// Somebody else: Skep serves what was built and signed elsewhere.
    Prebuilt(Box<PrebuiltRepository>),
}

/// What is set for a prebuilt repository.
#[derive(Clone, Debug)]
pub struct PrebuiltRepository {
    /// The public half of the key that signs its registry, PEM.
    pub public_key_file: PathBuf,
    /// Where its static registry is.
    pub registry: StorageUrl,
    /// How often it is looked at.
    pub refresh_seconds: u32,
    /// What delivers the files of its registry, in modes that need another way to them than to those
    /// in the storage.
    pub way: PrebuiltWay,
}

/// How files of a prebuilt repository are delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrebuiltWay {
    /// As those in the storage.
    AsOthers,
    /// CloudFront at this URL, with its origin in front of the registry's place.
    CloudFront(Url),
    /// nginx from this `internal` location, which has the registry's folder; with a slash at both ends.
    Accel(String),
}

impl Repository {
    /// The file with its key: the private one of a managed repository, the public one of a prebuilt one.
    #[must_use]
    pub fn key_file(&self) -> &Path {
        match &self.kind {
            RepositoryKind::Managed { private_key_file } => private_key_file,
            RepositoryKind::Prebuilt(prebuilt) => &prebuilt.public_key_file,
        }
    }

    /// What is set for it as a prebuilt repository; `None` for a managed one.
    #[must_use]
    pub fn prebuilt(&self) -> Option<&PrebuiltRepository> {
        match &self.kind {
            RepositoryKind::Managed { .. } => None,
            RepositoryKind::Prebuilt(prebuilt) => Some(prebuilt),
        }
    }
}

/// `[messages]`
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// Where a license is renewed.
    pub renew_url: Option<Url>,
    /// Whom to ask: an address or a URL.
    pub support: Option<String>,
}

/// `[usage]`
#[derive(Clone, Debug)]
pub struct Usage {
    /// Counted requests on their way to the database.
    pub spool_dir: PathBuf,
    /// Usage rows older than this are deleted; 0 keeps them for ever.
    pub retention_days: u32,
    /// Sums of days older than this are deleted; 0 keeps them for ever.
    pub daily_retention_days: u32,
    /// What rows say of where a request came from.
    pub addresses: Addresses,
}

/// `[limits]`
#[derive(Clone, Debug)]
pub struct Limits {
    /// Unknown keys from one address and minute before it is told to wait; 0 turns it off.
    pub failed_keys_per_minute: u32,
    /// Requests of one license and minute before it is told to wait; 0, as it is unless set, turns it
    /// off: mix does not try again after a 429, so a limit breaks builds.
    pub license_per_minute: u32,
    /// The largest package or docs tarball.
    pub tarball_bytes: u64,
    /// The largest contents of one.
    pub unpacked_bytes: u64,
    /// The largest `metadata.config`.
    pub metadata_bytes: u64,
}

/// `[metrics]`: with neither, there are none.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// An address of its own for `/metrics`.
    pub listen: Option<SocketAddr>,
    /// What whoever asks has to know.
    pub token: Option<Secret>,
}

impl Config {
    /// Reads a file and applies the environment's `SKEP_SECTION__KEY` variables. `environment` is all
    /// of it or any part; other variables are ignored.
    ///
    /// # Errors
    /// The first thing wrong, with its key and where it was set.
    pub fn load(path: &Path, environment: &[(String, String)]) -> Result<Self, ConfigError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let text = fs_err::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => ConfigError::Missing { path: path.clone() },
            _ => ConfigError::Read { source },
        })?;
        let base_dir = path.parent().unwrap_or(Path::new("/"));
        Self::read(&text, Some(&path), base_dir, environment)
    }

    /// The same from a text. `base_dir` is the absolute folder that relative paths are relative to.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(
        text: &str,
        base_dir: &Path,
        environment: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        Self::read(text, None, base_dir, environment)
    }

    /// Every value with where it came from, secrets hidden: what `skep doctor` prints.
    #[must_use]
    pub fn origins(&self) -> &[Setting] {
        &self.settings
    }

    /// The repository at `/repo`: the first in the file.
    #[must_use]
    pub fn default_repository(&self) -> &Repository {
        self.repositories
            .first()
            .expect("a configuration without a repository is refused")
    }

    /// A repository by its name.
    #[must_use]
    pub fn repository(&self, name: &RepositoryName) -> Option<&Repository> {
        self.repositories
            .iter()
            .find(|repository| repository.name == *name)
    }

    /// What customers give to `mix hex.repo add`: the URL of one repository.
    #[must_use]
    pub fn repository_url(&self, name: &RepositoryName) -> String {
        if self.default_repository().name == *name {
            format!("{}/repo", self.server.url)
        } else {
            format!("{}/repo/repos/{name}", self.server.url)
        }
    }
}
