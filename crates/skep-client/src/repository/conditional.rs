//! Files that are only sent when they have changed.

use bytes::Bytes;
use http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use http::{Request, Response, StatusCode};

use crate::error::{BuildError, Error};
use crate::http_client::Body;

/// What a server calls one state of a file, quotes included, as in its `ETag` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etag(HeaderValue);

impl Etag {
    /// Takes an entity tag as it was stored.
    ///
    /// # Errors
    /// It is not text for a header.
    pub fn new(text: &str) -> Result<Self, BuildError> {
        let value = HeaderValue::from_str(text)
            .ok()
            .filter(|value| value.to_str().is_ok());
        value.map(Self).ok_or_else(|| BuildError::Header {
            name: "if-none-match",
            value: text.to_owned(),
        })
    }

    /// The entity tag of `response`, if it has one.
    pub fn of<B>(response: &Response<B>) -> Option<Self> {
        let value = response.headers().get(ETAG)?;
        value.to_str().ok().filter(|text| !text.is_empty())?;
        Some(Self(value.clone()))
    }

    /// The entity tag as text, for storing it.
    pub fn as_str(&self) -> &str {
        self.0.to_str().expect("both ways to make one check it")
    }
}

/// A file that was asked for under a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched<T> {
    /// The file, which is another one than the one with the entity tag that was sent.
    New {
        /// What is in it.
        value: T,
        /// What to send the next time.
        etag: Option<Etag>,
    },
    /// It is still the same.
    NotModified,
}

/// Makes `request` one for a file that is no longer the one with `etag`.
#[must_use]
pub fn if_none_match(mut request: Request<Body>, etag: &Etag) -> Request<Body> {
    request.headers_mut().insert(IF_NONE_MATCH, etag.0.clone());
    request
}

/// Reads the answer to a request with [`if_none_match`]; `read` is the `*_response` function for the file.
///
/// ```
/// use skep_client::repository::{self, Etag, Fetched};
/// # use skep_client::Config;
/// # let config = Config::hexpm();
/// # let answer = http::Response::builder().status(304).body(bytes::Bytes::new())?;
/// let request = repository::if_none_match(repository::names_request(&config)?, &Etag::new("\"abc\"")?);
/// # let _ = request;
/// let fetched = repository::fetched(answer, |answer| repository::names_response(&config, answer))?;
/// assert!(matches!(fetched, Fetched::NotModified));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fetched<T>(
    response: Response<Bytes>,
    read: impl FnOnce(Response<Bytes>) -> Result<T, Error>,
) -> Result<Fetched<T>, Error> {
    if response.status() == StatusCode::NOT_MODIFIED {
        return Ok(Fetched::NotModified);
    }
    let etag = Etag::of(&response);
    let value = read(response)?;
    Ok(Fetched::New { value, etag })
}
