//! Files as answers: streamed, with ranges, and at `/repo/files/…` for signed URLs and for a CDN that
//! has this server as its origin.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE,
    RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::delivery::direct::{Wanted, wanted};
use crate::delivery::local_url::Refused;
use crate::files::{FileKey, Files, FilesError, OpenFile};
use crate::http::{empty, is_known, text};
use crate::node::Node;

/// What a distribution says to show that it may read every file.
const ORIGIN_SECRET: HeaderName = HeaderName::from_static("x-skep-origin");
/// Whoever has a signed URL may keep the file; a cache in between may not give it to others.
const SIGNED: &str = "private, max-age=31536000, immutable";

/// Answers a request for `/repo/files/PATH?QUERY`.
pub(crate) async fn show(
    node: &Node,
    path: &str,
    query: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    let Some(key) = FileKey::from_path(path) else {
        return text(StatusCode::NOT_FOUND, "there is no such file\n");
    };
    let cache_control = match admit(node, path, query, headers) {
        Ok(cache_control) => cache_control,
        Err(refused) => return text(StatusCode::FORBIDDEN, format!("{refused}\n")),
    };
    match stream(&node.app.files, &key, method, headers, cache_control).await {
        Ok(response) => response,
        Err(error) if error.is_not_found() => {
            text(StatusCode::NOT_FOUND, "there is no such file\n")
        }
        Err(error) => unreadable(&error),
    }
}

fn admit(
    node: &Node,
    path: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<&'static str, Refused> {
    if let Some(secret) = headers.get(ORIGIN_SECRET)
        && node.delivery.is_origin_secret(secret.as_bytes())
    {
        return Ok("public, max-age=31536000, immutable");
    }
    let signer = node.delivery.local_url().ok_or(Refused::BadSignature)?;
    signer
        .check(path, query, node.app.clock.now())
        .map(|()| SIGNED)
}

/// A file that should be there and cannot be read. Never with a `Retry-After`: on a 503 with one, mix
/// asks again in a loop until its time is up.
pub(crate) fn unreadable(error: &FilesError) -> Response {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "a file cannot be served");
    if error.is_away() {
        return text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the storage of files does not answer just now; try again in some minutes\n",
        );
    }
    text(
        StatusCode::INTERNAL_SERVER_ERROR,
        "this file cannot be read just now; please tell the seller\n",
    )
}

/// Streams a file, or the part of it that `Range` names, or says that the client has it already.
/// Every answer carries the `ETag` that rebar3 insists on, and none a `Content-Encoding`.
///
/// # Errors
/// The file is not there or cannot be opened.
pub(crate) async fn stream(
    files: &Files,
    key: &FileKey,
    method: &Method,
    headers: &HeaderMap,
    cache_control: &'static str,
) -> Result<Response, FilesError> {
    let etag = visible(&format!("\"{}\"", key.checksum()));
    let mut response = if is_known(headers, &etag) {
        empty(StatusCode::NOT_MODIFIED)
    } else if method == Method::HEAD {
        let size_bytes = files.existing_size(key).await?;
        with_length(empty(StatusCode::OK), size_bytes)
    } else if let Some(range) = range_of(headers, &etag)
        && files.takes_ranges(key)
    {
        part(files, key, range).await?
    } else {
        whole(files.open_file(key, None).await?)
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, etag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    let ranges = if files.takes_ranges(key) {
        "bytes"
    } else {
        "none"
    };
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static(ranges));
    if response.status().is_success() {
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(key.content_type()));
    }
    Ok(response)
}

async fn part(files: &Files, key: &FileKey, range: &str) -> Result<Response, FilesError> {
    let size_bytes = files.existing_size(key).await?;
    match wanted(Some(range), size_bytes) {
        Wanted::Whole => Ok(whole(files.open_file(key, None).await?)),
        Wanted::Unsatisfiable => {
            let mut response = empty(StatusCode::RANGE_NOT_SATISFIABLE);
            let range = visible(&format!("bytes */{size_bytes}"));
            response.headers_mut().insert(CONTENT_RANGE, range);
            Ok(response)
        }
        Wanted::Part(part) => {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, size_bytes);
            let length = part.end - part.start;
            let file = files.open_file(key, Some(part)).await?;
            let mut response = Response::new(Body::from_stream(file.stream));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            response
                .headers_mut()
                .insert(CONTENT_RANGE, visible(&range));
            Ok(with_length(response, length))
        }
    }
}

fn whole(file: OpenFile) -> Response {
    with_length(
        Response::new(Body::from_stream(file.stream)),
        file.size_bytes,
    )
}

fn with_length(mut response: Response, length: u64) -> Response {
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// The `Range` header, unless its `If-Range` is of another file.
fn range_of<'a>(headers: &'a HeaderMap, etag: &HeaderValue) -> Option<&'a str> {
    let range = headers.get(RANGE)?.to_str().ok()?;
    headers
        .get(IF_RANGE)
        .is_none_or(|since| since == etag)
        .then_some(range)
}

fn visible(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("numbers and checksums are visible ASCII")
}
