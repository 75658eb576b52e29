//! Who is it? For everything but the repository: extractors that give a [`Caller`] or refuse.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::accounts::authenticate::{self, AuthenticationError};
use crate::accounts::caller::{Caller, Forbidden, Need};
use crate::http::address::{Peer, client_address};
use crate::http::api::ApiError;
use crate::licensing::limits::OverLimit;
use crate::node::Node;
use crate::secret_text::KeyHash;

/// Longer ones are cut: they go to the audit and into lists.
const LONGEST_AGENT: usize = 200;

/// A caller who may read, and write with an API key.
#[derive(Clone, Debug)]
pub(crate) struct Authenticated(pub(crate) Caller);

/// A caller who may write: with a user's token, the second factor was right.
#[derive(Clone, Debug)]
pub(crate) struct AuthenticatedForWrite(pub(crate) Caller);

impl FromRequestParts<Arc<Node>> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        authenticate(parts, node).await.map(Self)
    }
}

impl FromRequestParts<Arc<Node>> for AuthenticatedForWrite {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        authenticate(parts, node).await.map(Self)
    }
}

/// Whether a caller may.
///
/// # Errors
/// 403, saying whether role or permissions are in the way.
pub(crate) fn require(caller: &Caller, need: &Need<'_>) -> Result<(), ApiError> {
    Ok(caller.may(need)?)
}

async fn authenticate(parts: &Parts, node: &Node) -> Result<Caller, ApiError> {
    let address = address_of(parts, node);
    let agent = user_agent(&parts.headers);
    let hash = credential(&parts.headers).ok_or(AuthenticationError::Missing)?;
    let found = authenticate::by_api_key(node, hash, (address, agent)).await;
    if matches!(found, Err(AuthenticationError::Unknown)) {
        let now = node.app.clock.now();
        node.limits.count_unknown_key(address, now)?;
    }
    Ok(found?)
}

/// Where a request really comes from.
pub(crate) fn address_of(parts: &Parts, node: &Node) -> IpAddr {
    let Peer(peer) = parts
        .extensions
        .get::<Peer>()
        .copied()
        .expect("the router says who connected");
    client_address(
        peer,
        &parts.headers,
        &node.app.config.server.trusted_proxies,
    )
}

/// The program, as it calls itself.
pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).map(|value| value.as_bytes());
    let agent = String::from_utf8_lossy(agent.unwrap_or_default());
    let is_fine = |c: &char| !c.is_control();
    agent.chars().filter(is_fine).take(LONGEST_AGENT).collect()
}

/// A raw key, or one after `Bearer`.
fn credential(headers: &HeaderMap) -> Option<KeyHash> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?.trim();
    let key = match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        _ => text,
    };
    (!key.is_empty()).then(|| KeyHash::of(key))
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Database(error) => error.into(),
            AuthenticationError::Missing
            | AuthenticationError::Unknown
            | AuthenticationError::Closed(_)
            | AuthenticationError::Disabled(_) => Self::unauthorized(error.to_string()),
        }
    }
}

impl From<Forbidden> for ApiError {
    fn from(error: Forbidden) -> Self {
        Self::forbidden(error.to_string())
    }
}

impl From<OverLimit> for ApiError {
    fn from(error: OverLimit) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string()).with_header(
            http::header::RETRY_AFTER,
            error.retry_after_seconds().into(),
        )
    }
}
