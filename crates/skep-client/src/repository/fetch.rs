//! A repository's files with one call each.

use skep_formats::key::PublicKey;
use skep_formats::registry::{Names, Package, Policy, Versions};

use super::*;
use crate::http_client::HttpClient;

mod file;

pub use file::{docs_to_file, tarball_to_file};

/// The key that signs the repository, which must have `fingerprint` where one is given.
pub async fn public_key(
    client: &impl HttpClient,
    config: &Config,
    fingerprint: Option<&str>,
) -> Result<PublicKey, Error> {
    let response = client.send(public_key_request(config)?).await?;
    let key = public_key_response(config, response)?;
    if let Some(expected) = fingerprint {
        let url = file_url(config, &["public_key"])?;
        check_fingerprint(&key, expected).map_err(|source| Error::Verify { url, source })?;
    }
    Ok(key)
}

/// The names of all packages.
pub async fn names(client: &impl HttpClient, config: &Config) -> Result<Names, Error> {
    let response = client.send(names_request(config)?).await?;
    names_response(config, response)
}

/// All packages with their versions.
pub async fn versions(client: &impl HttpClient, config: &Config) -> Result<Versions, Error> {
    let response = client.send(versions_request(config)?).await?;
    versions_response(config, response)
}

/// The releases of the package `name`.
pub async fn package(
    client: &impl HttpClient,
    config: &Config,
    name: &str,
) -> Result<Package, Error> {
    let response = client.send(package_request(config, name)?).await?;
    package_response(config, response, name)
}

/// The dependency policy `name`.
pub async fn policy(
    client: &impl HttpClient,
    config: &Config,
    name: &str,
) -> Result<Policy, Error> {
    let response = client.send(policy_request(config, name)?).await?;
    policy_response(config, response, name)
}

/// The tarball of `release`, which the registry lists for the package `name`, in memory.
pub async fn tarball(
    client: &impl HttpClient,
    config: &Config,
    name: &str,
    release: &Release,
) -> Result<Bytes, Error> {
    let request = tarball_request(config, name, &release.version)?;
    tarball_response(config, client.send(request).await?, name, release)
}

/// The documentation of a release, a `.tar.gz`, in memory.
pub async fn docs(
    client: &impl HttpClient,
    config: &Config,
    name: &str,
    version: &str,
) -> Result<Bytes, Error> {
    let response = client.send(docs_request(config, name, version)?).await?;
    docs_response(config, response, name, version)
}
