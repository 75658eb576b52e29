//! Who is at the browser: the session's cookie, both ways.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::error::PageError;
use super::next::Next;
use crate::accounts::caller::{Caller, Via};
use crate::accounts::sessions::{self, LONGEST_SECONDS, Origin, SessionToken};
use crate::config::Config;
use crate::http::auth::{address_of, user_agent};
use crate::ids::SessionId;
use crate::node::Node;

/// Somebody, logged in or not.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// From where, with which browser.
    pub(super) origin: Origin,
    /// The session's cookie, whatever it is worth.
    pub(super) token: Option<SessionToken>,
}

/// Somebody who is logged in. Whoever is not is sent to log in, and comes back here.
#[derive(Clone, Debug)]
pub(crate) struct LoggedIn(pub(super) Caller);

impl LoggedIn {
    /// The session of this browser.
    pub(super) const fn session(&self) -> Option<SessionId> {
        match self.0.via {
            Via::Session(id) => Some(id),
            Via::ApiKey(_) | Via::Token { .. } | Via::Password => None,
        }
    }
}

impl FromRequestParts<Arc<Node>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, Infallible> {
        Ok(Self {
            origin: Origin {
                address: address_of(parts, node),
                user_agent: user_agent(&parts.headers),
            },
            token: token(&parts.headers, &node.app.config),
        })
    }
}

impl FromRequestParts<Arc<Node>> for LoggedIn {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, PageError> {
        let Ok(visitor) = Visitor::from_request_parts(parts, node).await;
        let wanted = parts.uri.path_and_query().map(|wanted| wanted.as_str());
        match visitor.caller(node).await? {
            Some(caller) => Ok(Self(caller)),
            None => Err(PageError::Login(Next::from_text(
                wanted.unwrap_or_default(),
            ))),
        }
    }
}

impl Visitor {
    /// Who it is, if they are logged in.
    pub(super) async fn caller(self, node: &Node) -> Result<Option<Caller>, PageError> {
        match self.token {
            Some(token) => Ok(sessions::caller(&node.app, &token, self.origin).await?),
            None => Ok(None),
        }
    }
}

/// `__Host-` makes browsers refuse the cookie from anywhere but this very host over TLS.
const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure {
        "__Host-skep_session"
    } else {
        sessions::COOKIE
    }
}

fn is_secure(config: &Config) -> bool {
    config.server.url.starts_with("https://")
}

fn token(headers: &HeaderMap, config: &Config) -> Option<SessionToken> {
    let name = cookie_name(is_secure(config));
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| SessionToken::from_text(cookie.value()))
}

/// Sends a browser on, with the cookie of its session.
pub(super) fn logged_in(config: &Config, token: &SessionToken, to: &str) -> Response {
    with_cookie(config, token.reveal(), LONGEST_SECONDS, to)
}

/// Sends a browser on, without a session.
pub(super) fn logged_out(config: &Config, to: &str) -> Response {
    with_cookie(config, "", 0, to)
}

fn with_cookie(config: &Config, value: &str, seconds: i64, to: &str) -> Response {
    let is_secure = is_secure(config);
    let cookie = Cookie::build((cookie_name(is_secure), value))
        .path("/")
        .http_only(true)
        .secure(is_secure)
        // Not strict: whoever follows a link to `/oauth/device` from elsewhere is logged in there.
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(seconds))
        .build()
        .to_string();
    let mut response = Redirect::to(to).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
