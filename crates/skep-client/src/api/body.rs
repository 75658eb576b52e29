//! Making requests to the API and reading its answers, in both formats.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;
use skep_formats::etf;

use super::ApiError;
use crate::answer;
use crate::error::{BuildError, DecodeError, Error, ShownUrl};
use crate::http_client::Body;
use crate::{Config, Secret};

/// How many bytes of compressed Erlang terms are unpacked.
const MAX_TERM_BYTES: usize = 16 * 1024 * 1024;

const JSON: &str = "application/json";

/// The format of the bodies: what is sent, and what is asked for. Answers are read in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiFormat {
    /// JSON.
    #[default]
    Json,
    /// Erlang's external term format, as mix and rebar3 send it.
    Erlang,
}

impl ApiFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Erlang => etf::CONTENT_TYPE,
        }
    }

    fn encode(self, value: &Value) -> Bytes {
        match self {
            Self::Json => value.to_string().into(),
            Self::Erlang => etf::encode(value).into(),
        }
    }
}

/// A request without a body.
pub(crate) fn plain(
    config: &Config,
    method: Method,
    segments: &[&str],
) -> Result<Request<Body>, Error> {
    let mut request = config.api_request(method, segments)?;
    let accept = HeaderValue::from_static(config.api_format.media_type());
    request.headers_mut().insert(ACCEPT, accept);
    Ok(request)
}

/// A request with `value` as its body.
pub(crate) fn with_value(
    config: &Config,
    method: Method,
    segments: &[&str],
    value: &Value,
) -> Result<Request<Body>, Error> {
    let body = config.api_format.encode(value);
    with_bytes(
        config,
        method,
        segments,
        config.api_format.media_type(),
        body.into(),
    )
}

/// A request with a file as its body.
pub(crate) fn with_bytes(
    config: &Config,
    method: Method,
    segments: &[&str],
    content_type: &'static str,
    body: Body,
) -> Result<Request<Body>, Error> {
    let mut request = plain(config, method, segments)?;
    let content_type = HeaderValue::from_static(content_type);
    request.headers_mut().insert(CONTENT_TYPE, content_type);
    *request.body_mut() = body;
    Ok(request)
}

/// Adds a query to a request that has none.
pub(crate) fn add_query(request: &mut Request<Body>, pairs: &[(&str, &str)]) -> Result<(), Error> {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let query = pairs.collect::<Vec<_>>().join("&");
    let uri = format!("{}?{query}", request.uri());
    *request.uri_mut() = uri.parse::<Uri>().map_err(|_| BuildError::TooLong)?;
    Ok(())
}

/// `/packages/…`, or `/repos/NAME/packages/…` where the configuration names a repository.
pub(crate) fn in_repository<'a>(config: &'a Config, segments: &[&'a str]) -> Vec<&'a str> {
    let name = config.api_repository.as_deref();
    let prefix = name.into_iter().flat_map(|name| ["repos", name]);
    prefix.chain(segments.iter().copied()).collect()
}

/// `/keys/…`, or `/orgs/NAME/keys/…` where the configuration names an organization.
pub(crate) fn in_organization<'a>(config: &'a Config, segments: &[&'a str]) -> Vec<&'a str> {
    let name = config.api_organization.as_deref();
    let prefix = name.into_iter().flat_map(|name| ["orgs", name]);
    prefix.chain(segments.iter().copied()).collect()
}

/// The value of a good answer.
pub(crate) fn read<T: DeserializeOwned>(response: &Response<Bytes>) -> Result<T, Error> {
    done(response)?;
    let decoded = value(response).and_then(|value| {
        let said = error_inside(&value);
        let problem = |error| DecodeError::Shape(said.unwrap_or_else(|| shape(&error)));
        serde_json::from_value(value).map_err(problem)
    });
    decoded.map_err(|source| Error::Decode {
        url: ShownUrl::of_response(response),
        source,
    })
}

/// A good answer whose body does not matter.
pub(crate) fn done(response: &Response<Bytes>) -> Result<(), Error> {
    match response.status().is_success() {
        true => Ok(()),
        false => Err(ApiError::of_response(response).into()),
    }
}

/// What the body says, in the format that its content type names.
pub(crate) fn value(response: &Response<Bytes>) -> Result<Value, DecodeError> {
    let found = answer::content_type(response.headers());
    match found.as_str() {
        _ if answer::is_web_page(response) => Err(DecodeError::WebPage),
        kind if kind.starts_with(etf::CONTENT_TYPE) => {
            let value = etf::decode(response.body(), MAX_TERM_BYTES);
            value.map_err(|error| DecodeError::Shape(error.to_string()))
        }
        kind if kind.ends_with("/json") || kind.ends_with("+json") => {
            let value = serde_json::from_slice(response.body());
            value.map_err(|error| DecodeError::Shape(shape(&error)))
        }
        _ => Err(DecodeError::ContentType {
            found,
            expected: JSON,
        }),
    }
}

/// What a body says that is an error although the code says that all is well.
fn error_inside(value: &Value) -> Option<String> {
    let is_refusal = value.get("status")?.as_u64()? >= 400;
    let message = value.get("message")?.as_str().filter(|_| is_refusal)?;
    let message = answer::shortened(message);
    Some(format!(
        "it is an error, whatever its code says: `{message}`"
    ))
}

/// Where JSON ends too early or a field is missing; never what stands there, which may be a secret.
fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (error.classify(), text.strip_prefix("missing field ")) {
        (_, Some(field)) => format!("it has no field {field}"),
        (serde_json::error::Category::Data, None) => {
            "a field is of another kind than expected".to_owned()
        }
        (_, None) => format!(
            "it is not JSON from line {}, column {} on",
            error.line(),
            error.column()
        ),
    }
}

/// A field that is null is as one that is not there.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A field with a secret that may be missing.
pub(crate) fn optional_secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Secret>, D::Error> {
    let secret: Option<String> = Option::deserialize(deserializer)?;
    Ok(secret.map(Secret::new))
}
