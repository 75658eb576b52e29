//! The formats of the API: JSON, the same under Hex's own media type, and Erlang's external terms.
//! Handlers say values ([`Answer`]) and get values ([`Input`]); which format it is, only this file knows.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use skep_formats::etf;

use crate::http::api::ApiError;

/// The largest body that is not a file.
const MAX_BODY_BYTES: usize = 1024 * 1024;

const JSON: &str = "application/json";
const HEX_JSON: &str = "application/vnd.hex+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// How long a client may take for a body: an extension of every request that is not for `/repo`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// To send nothing, in the middle of it.
    pub(crate) idle: Duration,
    /// To send all of it, however large.
    pub(crate) whole: Duration,
}

impl Patience {
    /// What the router gave a request.
    pub(crate) fn of(extensions: &http::Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self {
            idle: Duration::from_secs(15),
            whole: Duration::from_secs(600),
        })
    }
}

/// What an answer is written in. mix and rebar3 read one only where its type is Erlang's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `application/json`
    Json,
    /// `application/vnd.hex+json`
    HexJson,
    /// `application/vnd.hex+erlang`
    Erlang,
}

impl Format {
    /// What a request asks for: JSON unless it says otherwise.
    ///
    /// # Errors
    /// 406 when it takes none of the three.
    pub(crate) fn asked_for(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut best: Option<(Self, f32)> = None;
        let mut says_something = false;
        let lines = headers.get_all(ACCEPT).iter();
        for range in lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
        {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            says_something |= !name.is_empty();
            let Some(format) = Self::of_range(name) else {
                continue;
            };
            let quality = parts
                .find_map(|part| part.strip_prefix("q=")?.parse().ok())
                .unwrap_or(1.0);
            if quality > 0.0 && best.is_none_or(|(_, other)| quality > other) {
                best = Some((format, quality));
            }
        }
        match best {
            Some((format, _)) => Ok(format),
            None if !says_something => Ok(Self::Json),
            None => Err(ApiError::new(
                StatusCode::NOT_ACCEPTABLE,
                format!("answers are {JSON}, {HEX_JSON} or {}", etf::CONTENT_TYPE),
            )),
        }
    }

    fn of_range(range: &str) -> Option<Self> {
        match range.to_ascii_lowercase().as_str() {
            JSON | "*/*" | "application/*" => Some(Self::Json),
            HEX_JSON => Some(Self::HexJson),
            etf::CONTENT_TYPE => Some(Self::Erlang),
            _ => None,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::HexJson => HEX_JSON,
            Self::Erlang => etf::CONTENT_TYPE,
        }
    }

    fn encode(self, value: &Value) -> Vec<u8> {
        match self {
            Self::Json | Self::HexJson => value.to_string().into_bytes(),
            Self::Erlang => etf::encode(value),
        }
    }

    /// Writes what a handler said; other answers stay as they are.
    fn write(self, mut response: Response) -> Response {
        let Some(Said(value)) = response.extensions_mut().remove::<Said>() else {
            return response;
        };
        let bytes = self.encode(&value);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type()));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        *response.body_mut() = Body::from(bytes);
        response
    }
}

/// Around every handler of the Hex API: wants a `User-Agent`, and writes answers in the format asked for.
pub(crate) async fn speak(request: Request, next: Next) -> Response {
    let is_named = request
        .headers()
        .get(USER_AGENT)
        .is_some_and(|value| !value.is_empty());
    answered(request, next, is_named).await
}

/// The same for callers of any name: a shop's program may have none.
pub(crate) async fn speak_to_anyone(request: Request, next: Next) -> Response {
    answered(request, next, true).await
}

async fn answered(request: Request, next: Next, is_named: bool) -> Response {
    let format = match Format::asked_for(request.headers()) {
        Ok(format) => format,
        Err(error) => return Format::Json.write(error.into_response()),
    };
    let response = if is_named {
        next.run(request).await
    } else {
        ApiError::bad_request("User-Agent header is required").into_response()
    };
    format.write(response)
}

/// What a handler says, on its way to [`speak`].
#[derive(Clone)]
struct Said(Value);

/// A good answer, in whatever format was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    value: Option<Value>,
    headers: HeaderMap,
}

impl Answer {
    /// An answer with a body.
    pub(crate) fn new(status: StatusCode, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("answers have texts as keys");
        Self {
            status,
            value: Some(value),
            headers: HeaderMap::new(),
        }
    }

    /// 200
    pub(crate) fn ok(value: impl Serialize) -> Self {
        Self::new(StatusCode::OK, value)
    }

    /// 201
    pub(crate) fn created(value: impl Serialize) -> Self {
        Self::new(StatusCode::CREATED, value)
    }

    /// 204
    pub(crate) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            value: None,
            headers: HeaderMap::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(VARY, HeaderValue::from_static("accept, authorization"));
        headers.extend(self.headers);
        if let Some(value) = self.value {
            response.extensions_mut().insert(Said(value));
        }
        response
    }
}

/// The body of a request as a value, in any of the formats, or as a form. An empty one is an empty map.
#[derive(Clone, Debug)]
pub(crate) struct Input<T = Value>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let kind = Kind::of(&parts.headers)?;
        let bytes = read(&parts.headers, body, Patience::of(&parts.extensions)).await?;
        let value = match (bytes.is_empty(), kind) {
            (true, _) => Value::Object(Map::new()),
            (false, Some(kind)) => kind.decode(&bytes)?,
            (false, None) => return Err(unsupported()),
        };
        // What stands there may be a password: serde repeats values, so only its kind of words is kept.
        let typed = serde_json::from_value(value);
        typed.map(Self).map_err(|error| {
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, shape(&error.to_string()))
        })
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Json,
    Erlang,
    Form,
}

impl Kind {
    fn of(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Ok(None);
        };
        let text = value.to_str().map_err(|_| unsupported())?;
        let name = text.split(';').next().unwrap_or_default().trim();
        match name.to_ascii_lowercase().as_str() {
            JSON | HEX_JSON => Ok(Some(Self::Json)),
            etf::CONTENT_TYPE => Ok(Some(Self::Erlang)),
            FORM => Ok(Some(Self::Form)),
            _ => Err(unsupported()),
        }
    }

    fn decode(self, bytes: &[u8]) -> Result<Value, ApiError> {
        match self {
            Self::Json => serde_json::from_slice(bytes).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                ApiError::bad_request(format!(
                    "the body is not JSON from line {line}, column {column} on"
                ))
            }),
            Self::Erlang => etf::decode(bytes, MAX_BODY_BYTES).map_err(|error| {
                ApiError::bad_request(format!("the body cannot be read: {error}"))
            }),
            Self::Form => Ok(url::form_urlencoded::parse(bytes)
                .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
                .collect()),
        }
    }
}

fn unsupported() -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!(
            "the body has to be {JSON}, {HEX_JSON} or {}",
            etf::CONTENT_TYPE
        ),
    )
}

/// What serde says without the value it met.
fn shape(text: &str) -> String {
    match (
        text.split_once("invalid type: "),
        text.split_once(", expected "),
    ) {
        (Some(_), Some((_, expected))) => format!("a field of the body is not {expected}"),
        _ if text.starts_with("missing field") || text.starts_with("unknown field") => {
            text.to_owned()
        }
        _ => "a field of the body is of another kind than expected".to_owned(),
    }
}

async fn read(headers: &HeaderMap, body: Body, patience: Patience) -> Result<Bytes, ApiError> {
    refuse_long(headers, MAX_BODY_BYTES as u64)?;
    let collect = async {
        let mut bytes = BytesMut::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = next_chunk(&mut chunks, patience).await? {
            if bytes.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(too_large(MAX_BODY_BYTES as u64));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    };
    let whole = tokio::time::timeout(patience.whole, collect).await;
    whole.unwrap_or_else(|_| Err(too_slow()))
}

/// The next part of a body, unless the client takes too long for it.
pub(crate) async fn next_chunk(
    chunks: &mut axum::body::BodyDataStream,
    patience: Patience,
) -> Result<Option<Bytes>, ApiError> {
    match tokio::time::timeout(patience.idle, chunks.next()).await {
        Err(_) => Err(too_slow()),
        Ok(None) => Ok(None),
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(_))) => Err(ApiError::bad_request("the body ends too early")),
    }
}

/// Refuses a body that says it is longer than allowed, before any of it is read.
pub(crate) fn refuse_long(headers: &HeaderMap, limit: u64) -> Result<(), ApiError> {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    match length {
        Some(length) if length > limit => Err(too_large(limit)),
        _ => Ok(()),
    }
}

/// 413
pub(crate) fn too_large(limit: u64) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body is larger than {limit} bytes"),
    )
}

/// 408
pub(crate) fn too_slow() -> ApiError {
    ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        "the body did not arrive in time",
    )
}

#[cfg(test)]
mod tests;
