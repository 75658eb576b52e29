//! A repository's files: the signed index, tarballs and documentation.
//!
//! For each file a `*_request` and a `*_response`; [`fetch`] joins them with an [`HttpClient`](crate::http_client::HttpClient).
//! What comes back was checked as the [`Config`] says: `repo_verify` for the signature, `repo_verify_origin` for the
//! repository and the name inside. Each kind of mistrust has its own [`VerifyError`].

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use skep_formats::key::PublicKey;
use skep_formats::registry::{Names, Package, Policy, Release, Versions};

use crate::Config;
use crate::answer::{is_web_page, not_expected, status_error};
use crate::error::{DecodeError, Error, ShownUrl, VerifyError};
use crate::http_client::{Body, MaxResponseBytes};

mod conditional;
pub mod fetch;
mod open;
mod tarball;

pub use conditional::{Etag, Fetched, fetched, if_none_match};
use open::open;

/// The largest registry file that is worth receiving, in bytes.
pub const MAX_RESOURCE_BYTES: u64 = 64 * 1024 * 1024;

/// The largest tarball and the largest documentation, in bytes: what hex.pm takes.
pub const MAX_TARBALL_BYTES: u64 = 16 * 1024 * 1024;

/// Longer than any key.
const MAX_PUBLIC_KEY_BYTES: u64 = 64 * 1024;

/// Asks for the key that signs the repository.
pub fn public_key_request(config: &Config) -> Result<Request<Body>, Error> {
    file_request(config, &["public_key"], MAX_PUBLIC_KEY_BYTES)
}

/// The key that signs the repository. Whether it is the right one only its fingerprint can tell: see
/// [`check_fingerprint`].
pub fn public_key_response(config: &Config, response: Response<Bytes>) -> Result<PublicKey, Error> {
    let url = file_url(config, &["public_key"])?;
    let body = body(&url, &response)?;
    PublicKey::from_pem(body).map_err(|error| {
        let source = not_expected(
            &response,
            "a public key in PEM",
            DecodeError::PublicKey(error),
        );
        Error::Decode { url, source }
    })
}

/// Whether `key` is the one with the fingerprint `expected`, such as `SHA256:O1LOYhHFW4kcrblKAxROaDEzLD8bn1seWbe5tq8TRsk`.
///
/// # Errors
/// It is not: somebody answers in the server's place, or its key was changed.
pub fn check_fingerprint(key: &PublicKey, expected: &str) -> Result<(), VerifyError> {
    let found = key.fingerprint();
    let expected = expected.trim();
    match found == expected {
        true => Ok(()),
        false => Err(VerifyError::Fingerprint {
            expected: expected.to_owned(),
            found,
        }),
    }
}

/// Asks for the names of all packages.
pub fn names_request(config: &Config) -> Result<Request<Body>, Error> {
    file_request(config, &["names"], MAX_RESOURCE_BYTES)
}

/// The names of all packages.
pub fn names_response(config: &Config, response: Response<Bytes>) -> Result<Names, Error> {
    let url = file_url(config, &["names"])?;
    open(config, url, &response, None)
}

/// Asks for all packages with their versions.
pub fn versions_request(config: &Config) -> Result<Request<Body>, Error> {
    file_request(config, &["versions"], MAX_RESOURCE_BYTES)
}

/// All packages with their versions.
pub fn versions_response(config: &Config, response: Response<Bytes>) -> Result<Versions, Error> {
    let url = file_url(config, &["versions"])?;
    open(config, url, &response, None)
}

/// Asks for the releases of a package.
pub fn package_request(config: &Config, name: &str) -> Result<Request<Body>, Error> {
    file_request(config, &["packages", name], MAX_RESOURCE_BYTES)
}

/// The releases of the package `name`.
pub fn package_response(
    config: &Config,
    response: Response<Bytes>,
    name: &str,
) -> Result<Package, Error> {
    let url = file_url(config, &["packages", name])?;
    open(config, url, &response, Some(name))
}

/// Asks for a dependency policy.
pub fn policy_request(config: &Config, name: &str) -> Result<Request<Body>, Error> {
    file_request(config, &["policies", name], MAX_RESOURCE_BYTES)
}

/// The dependency policy `name`.
pub fn policy_response(
    config: &Config,
    response: Response<Bytes>,
    name: &str,
) -> Result<Policy, Error> {
    let url = file_url(config, &["policies", name])?;
    open(config, url, &response, Some(name))
}

/// Asks for the tarball of a release.
pub fn tarball_request(config: &Config, name: &str, version: &str) -> Result<Request<Body>, Error> {
    let file = format!("{name}-{version}.tar");
    file_request(config, &["tarballs", &file], MAX_TARBALL_BYTES)
}

/// The tarball of `release`, which the registry lists for the package `name`.
///
/// # Errors
/// Among others, [`VerifyError::Checksum`] when it is not the tarball that the registry means.
pub fn tarball_response(
    config: &Config,
    response: Response<Bytes>,
    name: &str,
    release: &Release,
) -> Result<Bytes, Error> {
    let url = tarball_url(config, name, &release.version)?;
    body(&url, &response)?;
    match tarball::check(response.body(), release) {
        Ok(()) => Ok(response.into_body()),
        Err(_) if is_web_page(&response) => Err(Error::Decode {
            url,
            source: DecodeError::WebPage,
        }),
        Err(source) => Err(Error::Verify { url, source }),
    }
}

/// The bytes of a tarball, whatever they are: compare their checksum with the registry's before using them.
pub fn unverified_tarball_response(
    config: &Config,
    response: Response<Bytes>,
    name: &str,
    version: &str,
) -> Result<Bytes, Error> {
    body(&tarball_url(config, name, version)?, &response)?;
    Ok(response.into_body())
}

/// Asks for the documentation of a release, a `.tar.gz`. No checksum of it is in the registry.
pub fn docs_request(config: &Config, name: &str, version: &str) -> Result<Request<Body>, Error> {
    let file = format!("{name}-{version}.tar.gz");
    file_request(config, &["docs", &file], MAX_TARBALL_BYTES)
}

/// The documentation of a release, as a `.tar.gz`.
pub fn docs_response(
    config: &Config,
    response: Response<Bytes>,
    name: &str,
    version: &str,
) -> Result<Bytes, Error> {
    let url = docs_url(config, name, version)?;
    body(&url, &response)?;
    open::must_be_gzip(&url, &response, "documentation")?;
    Ok(response.into_body())
}

fn tarball_url(config: &Config, name: &str, version: &str) -> Result<ShownUrl, Error> {
    file_url(config, &["tarballs", &format!("{name}-{version}.tar")])
}

fn docs_url(config: &Config, name: &str, version: &str) -> Result<ShownUrl, Error> {
    file_url(config, &["docs", &format!("{name}-{version}.tar.gz")])
}

fn file_request(config: &Config, segments: &[&str], limit: u64) -> Result<Request<Body>, Error> {
    let mut request = config.repo_request(segments)?;
    request.extensions_mut().insert(MaxResponseBytes(limit));
    Ok(request)
}

fn file_url(config: &Config, segments: &[&str]) -> Result<ShownUrl, Error> {
    Ok(ShownUrl::new(&config.repo_uri(segments)?))
}

/// The body of an answer that is one, which of all codes only 200 says.
fn body<'a>(url: &ShownUrl, response: &'a Response<Bytes>) -> Result<&'a Bytes, Error> {
    match response.status() {
        StatusCode::OK => Ok(response.body()),
        _ => Err(status_error(url.clone(), response).into()),
    }
}

#[cfg(test)]
mod tests;
