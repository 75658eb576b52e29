//! A repository's files: the signed index and the tarballs.

use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue, InvalidHeaderValue};
use http::{Method, Request, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use skep_formats::key::PublicKey;
use skep_formats::registry::{Names, OpenError, Package, Versions};
use url::Url;

use crate::Error;

/// The largest registry file that is worth receiving, in bytes.
pub const MAX_RESOURCE_BYTES: u64 = 64 * 1024 * 1024;

/// The largest tarball, in bytes: what hex.pm takes.
pub const MAX_TARBALL_BYTES: u64 = 16 * 1024 * 1024;

/// How much of a refusal's text is kept, in characters.
const MAX_MESSAGE: usize = 500;

/// What may stand in a segment of a path as it is; versions have `+`, `-` and `.`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'-')
    .remove(b'.')
    .remove(b'+')
    .remove(b'~');

/// Where a repository is and how it knows us.
#[derive(Debug, Clone)]
pub struct Repository {
    url: Url,
    auth_key: Option<AuthKey>,
}

/// A secret that is sent to a repository, such as a license key. `Debug` hides it.
#[derive(Clone)]
pub struct AuthKey(HeaderValue);

impl AuthKey {
    /// Takes a key as it is configured; only what can stand in a header can be one.
    pub fn new(key: &str) -> Result<Self, InvalidHeaderValue> {
        let mut value = HeaderValue::from_str(key)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthKey(****)")
    }
}

/// A URL that cannot be a repository's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be a repository's URL: it must be http or https, without credentials or a query"
)]
pub struct UrlError(String);

impl Repository {
    /// The repository at `url`, with or without a slash at its end.
    pub fn new(url: &Url) -> Result<Self, UrlError> {
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !is_web || !is_plain {
            let mut shown = url.clone();
            // What is refused for its password must not repeat it.
            let _ = shown.set_password(None);
            shown.set_query(None);
            return Err(UrlError(shown.into()));
        }
        Ok(Self {
            url: url.clone(),
            auth_key: None,
        })
    }

    /// Sends `key` with every request.
    #[must_use]
    pub fn with_auth_key(mut self, key: AuthKey) -> Self {
        self.auth_key = Some(key);
        self
    }

    fn get(&self, path: &str) -> Request<Bytes> {
        let base = self.url.as_str().trim_end_matches('/');
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = format!("{base}/{path}")
            .parse()
            .expect("a web URL with percent-encoded segments after it is a URI");
        if let Some(AuthKey(key)) = &self.auth_key {
            request.headers_mut().insert(AUTHORIZATION, key.clone());
        }
        request
    }
}

/// Asks for the key that signs the repository.
pub fn public_key_request(repository: &Repository) -> Request<Bytes> {
    repository.get("public_key")
}

/// The key that signs the repository. Whether it is the right one only its fingerprint can tell.
pub fn public_key_response(response: Response<Bytes>) -> Result<PublicKey, Error> {
    let body = body(response, "public_key")?;
    PublicKey::from_pem(&body).map_err(Error::PublicKey)
}

/// Asks for the names of all packages.
pub fn names_request(repository: &Repository) -> Request<Bytes> {
    repository.get("names")
}

/// The names of all packages in the repository called `repository`.
pub fn names_response(
    response: Response<Bytes>,
    key: &PublicKey,
    repository: &str,
) -> Result<Names, Error> {
    open(response, "names", |file| Names::open(file, key, repository))
}

/// Asks for all packages with their versions.
pub fn versions_request(repository: &Repository) -> Request<Bytes> {
    repository.get("versions")
}

/// All packages in the repository called `repository`, with their versions.
pub fn versions_response(
    response: Response<Bytes>,
    key: &PublicKey,
    repository: &str,
) -> Result<Versions, Error> {
    open(response, "versions", |file| {
        Versions::open(file, key, repository)
    })
}

/// Asks for the releases of a package.
pub fn package_request(repository: &Repository, name: &str) -> Request<Bytes> {
    repository.get(&package_path(name))
}

/// The releases of the package `name` in the repository called `repository`.
pub fn package_response(
    response: Response<Bytes>,
    key: &PublicKey,
    repository: &str,
    name: &str,
) -> Result<Package, Error> {
    let path = package_path(name);
    open(response, &path, |file| {
        Package::open(file, key, repository, name)
    })
}

/// Asks for the tarball of a release. The answer may be large: see [`MAX_TARBALL_BYTES`].
pub fn tarball_request(repository: &Repository, name: &str, version: &str) -> Request<Bytes> {
    repository.get(&tarball_path(name, version))
}

/// The bytes of a tarball. Compare their checksum with the release's before using them.
pub fn tarball_response(
    response: Response<Bytes>,
    name: &str,
    version: &str,
) -> Result<Bytes, Error> {
    body(response, &tarball_path(name, version))
}

fn package_path(name: &str) -> String {
    format!("packages/{}", utf8_percent_encode(name, SEGMENT))
}

fn tarball_path(name: &str, version: &str) -> String {
    let encode = |text| utf8_percent_encode(text, SEGMENT);
    format!("tarballs/{}-{}.tar", encode(name), encode(version))
}

fn body(response: Response<Bytes>, path: &str) -> Result<Bytes, Error> {
    if response.status().is_success() {
        return Ok(response.into_body());
    }
    let message = str::from_utf8(response.body()).unwrap_or_default().trim();
    let clean = message.chars().filter(|c| !c.is_control() || *c == '\n');
    Err(Error::Status {
        status: response.status(),
        path: path.to_owned(),
        message: clean.take(MAX_MESSAGE).collect(),
    })
}

fn open<T>(
    response: Response<Bytes>,
    path: &str,
    open: impl FnOnce(&[u8]) -> Result<T, OpenError>,
) -> Result<T, Error> {
    let body = body(response, path)?;
    open(&body).map_err(|source| {
        let path = path.to_owned();
        Error::Open { path, source }
    })
}

#[cfg(test)]
mod tests;
