//! What is around every page, and the headers it comes with.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};

use super::assets;
use super::error::PageError;
use crate::accounts::user::User;
use crate::config::Config;

/// Nothing runs, nothing is loaded but our style sheet, nobody frames it, forms go to us.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What is around a page.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The host of this server.
    pub(super) host: String,
    /// Who is logged in.
    pub(super) username: Option<String>,
}

impl Frame {
    /// Around what anybody sees.
    pub(super) fn for_anybody(config: &Config) -> Self {
        let url = &config.server.url;
        let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        Self {
            host: host.to_owned(),
            username: None,
        }
    }

    /// Around what a user sees.
    pub(super) fn for_user(config: &Config, user: &User) -> Self {
        Self {
            username: Some(user.username.clone()),
            ..Self::for_anybody(config)
        }
    }

    /// Where nothing is known of the server.
    pub(super) const fn plain() -> Self {
        Self {
            host: String::new(),
            username: None,
        }
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        Self {
            host: "hex.acme.dev".to_owned(),
            username: Some("jo".to_owned()),
        }
    }

    pub(super) fn stylesheet(&self) -> String {
        assets::stylesheet()
    }
}

/// A page as an answer.
pub(super) fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => PageError::internal(&error).into_response(),
    }
}

/// Adds the headers of every page to an answer; what it says itself about caching stays.
pub(crate) async fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // With `no-referrer`, a browser would send our own forms with `Origin: null`.
        (REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
