//! Short addresses.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::body;
use crate::http_client::Body;
use crate::{Config, Error};

#[derive(Deserialize)]
struct ShortUrl {
    url: String,
}

/// Asks for a short address of `url`, one of the server's own pages: `POST /short_url`.
pub fn create_request(config: &Config, url: &str) -> Result<Request<Body>, Error> {
    body::with_value(config, Method::POST, &["short_url"], &json!({"url": url}))
}

/// The short address.
pub fn create_response(response: Response<Bytes>) -> Result<String, Error> {
    let answer: ShortUrl = body::read(&response)?;
    Ok(answer.url)
}
