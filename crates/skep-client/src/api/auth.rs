//! Whether credentials are good for something.

use bytes::Bytes;
use http::{Method, Request, Response};

use super::body;
use crate::http_client::Body;
use crate::{Config, Error};

/// Asks whether the configuration's key allows `resource` of `domain` (as in
/// [`Permission`](super::keys::Permission)): `GET /auth?domain=…&resource=…`.
pub fn test_request(config: &Config, domain: &str, resource: &str) -> Result<Request<Body>, Error> {
    let mut request = body::plain(config, Method::GET, &["auth"])?;
    body::add_query(&mut request, &[("domain", domain), ("resource", resource)])?;
    Ok(request)
}

/// Nothing, if it does.
///
/// # Errors
/// [`Error::is_unauthorized`] for a key that the server does not know, [`Error::is_forbidden`] for one that is not
/// enough.
pub fn test_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}
