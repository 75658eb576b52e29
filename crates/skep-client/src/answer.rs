//! What an answer says besides what was asked for.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, Response};

use crate::error::{DecodeError, ShownUrl, StatusError};

/// How much of a refusal's text is kept, in characters.
const MAX_MESSAGE: usize = 500;

/// The error for an answer to `url` with an unexpected status.
pub(crate) fn status_error(url: ShownUrl, response: &Response<Bytes>) -> StatusError {
    StatusError {
        status: response.status(),
        url,
        message: message(response),
        retry_after_seconds: retry_after_seconds(response.headers()),
    }
}

/// The body is not of the kind `expected`: because it is a page for people, says that it is something else, or, if
/// neither, because of `otherwise`.
pub(crate) fn not_expected(
    response: &Response<Bytes>,
    expected: &'static str,
    otherwise: impl Into<DecodeError>,
) -> DecodeError {
    let found = content_type(response.headers());
    if is_web_page(response) {
        return DecodeError::WebPage;
    }
    let is_data = matches!(
        found.as_str(),
        "" | "application/octet-stream"
            | "binary/octet-stream"
            | "application/gzip"
            | "application/x-gzip"
            | "application/x-tar"
    );
    match is_data {
        true => otherwise.into(),
        false => DecodeError::ContentType { found, expected },
    }
}

/// The media type without parameters, in lower case; empty if there is none.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// `Retry-After` in seconds. As a date it is compared with the answer's own `Date`: by the server's clock, whatever time
/// it is here. One that is past is 0.
pub(crate) fn retry_after_seconds(headers: &HeaderMap) -> Option<u64> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let after = text(RETRY_AFTER)?;
    after.parse().ok().or_else(|| {
        let date = |text| httpdate::parse_http_date(text).ok();
        let (after, now) = (date(after)?, date(text(DATE)?)?);
        Some(after.duration_since(now).unwrap_or_default().as_secs())
    })
}

pub(crate) fn is_web_page(response: &Response<Bytes>) -> bool {
    let kind = content_type(response.headers());
    let start = response.body().trim_ascii_start();
    let start = &start[..start.len().min(14)].to_ascii_lowercase();
    matches!(kind.as_str(), "text/html" | "application/xhtml+xml")
        || start.starts_with(b"<!doctype html")
        || start.starts_with(b"<html")
}

/// What the server says for people: the text, or the `message` of a JSON object.
fn message(response: &Response<Bytes>) -> String {
    if is_web_page(response) {
        return String::new();
    }
    let text = str::from_utf8(response.body()).unwrap_or_default().trim();
    if text.starts_with('{')
        && let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text)
    {
        let words = ["message", "error_description", "error"]
            .iter()
            .find_map(|key| object.get(*key)?.as_str());
        return shortened(words.unwrap_or_default());
    }
    shortened(text)
}

/// At most [`MAX_MESSAGE`] characters, without what would move the cursor of a terminal.
pub(crate) fn shortened(text: &str) -> String {
    let clean = text.chars().filter(|c| !c.is_control() || *c == '\n');
    clean.take(MAX_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: &str, body: &str) -> String {
        let response = Response::builder()
            .header(CONTENT_TYPE, kind)
            .body(Bytes::from(body.to_owned()));
        message(&response.unwrap())
    }

    #[test]
    fn a_server_says_how_long_to_wait_in_two_ways() {
        let now = "Sun, 06 Nov 1994 08:49:37 GMT";
        for (after, date, expected) in [
            ("120", None, Some(120)),
            (" 0 ", None, Some(0)),
            ("Sun, 06 Nov 1994 08:50:00 GMT", Some(now), Some(23)),
            ("Sunday, 06-Nov-94 08:50:00 GMT", Some(now), Some(23)),
            ("Sun Nov  6 08:50:00 1994", Some(now), Some(23)),
            ("Sat, 05 Nov 1994 08:50:00 GMT", Some(now), Some(0)),
            // Without the server's clock nobody knows.
            ("Sun, 06 Nov 1994 08:50:00 GMT", None, None),
            ("Sun, 06 Nov 1994 08:50:00 GMT", Some("yesterday"), None),
            ("-1", Some(now), None),
            ("soon", Some(now), None),
            ("", None, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            assert_eq!(retry_after_seconds(&headers), expected, "{after} {date:?}");
        }
    }

    #[test]
    fn the_message_is_what_the_server_says() {
        assert_eq!(
            said("text/plain", " renew at\nhttps://x \n"),
            "renew at\nhttps://x"
        );
        assert_eq!(
            said(
                "application/json",
                r#"{"status":404,"message":"Page not found"}"#
            ),
            "Page not found"
        );
        assert_eq!(
            said("application/json", r#"{"error":"invalid_client"}"#),
            "invalid_client"
        );
        assert_eq!(said("text/html; charset=utf-8", "<h1>Bad gateway</h1>"), "");
        assert_eq!(said("text/plain", "<!DOCTYPE html><html>"), "");
        assert_eq!(said("text/plain", "\u{1b}[31mred"), "[31mred");
        assert_eq!(
            said("text/plain", &"é".repeat(1000)).chars().count(),
            MAX_MESSAGE
        );
    }
}
