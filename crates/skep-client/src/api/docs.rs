//! The documentation of a release.

use bytes::Bytes;
use http::header::LOCATION;
use http::{Method, Request, Response};

use super::body;
use super::releases::release;
use crate::http_client::Body;
use crate::{Config, Error};

/// Publishes documentation, a `.tar.gz` of pages: `POST /packages/NAME/releases/VERSION/docs`.
pub fn publish_request(
    config: &Config,
    package: &str,
    version: &str,
    tarball: impl Into<Body>,
) -> Result<Request<Body>, Error> {
    let segments = release(config, package, version, &["docs"]);
    body::with_bytes(
        config,
        Method::POST,
        &segments,
        "application/octet-stream",
        tarball.into(),
    )
}

/// Where the documentation can be read, if the server says.
pub fn publish_response(response: Response<Bytes>) -> Result<Option<String>, Error> {
    body::done(&response)?;
    let location = response.headers().get(LOCATION);
    Ok(location
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned))
}

/// Deletes documentation: `DELETE /packages/NAME/releases/VERSION/docs`.
pub fn delete_request(
    config: &Config,
    package: &str,
    version: &str,
) -> Result<Request<Body>, Error> {
    body::plain(
        config,
        Method::DELETE,
        &release(config, package, version, &["docs"]),
    )
}

/// Whether that worked.
pub fn delete_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}
