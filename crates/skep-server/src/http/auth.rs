//! Who is it? For everything but the repository: extractors that give a [`Caller`] or refuse.

mod refusal;
mod sent;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::USER_AGENT;
use http::request::Parts;

use self::sent::Sent;
use crate::accounts::authenticate::{self, AuthenticationError};
use crate::accounts::caller::{Caller, Need, Via};
use crate::accounts::second_factor::{self, Presented};
use crate::accounts::sessions::Origin;
use crate::http::address::{Peer, client_address};
use crate::http::api::ApiError;
use crate::node::Node;

/// Longer ones are cut: they go to the audit and into lists.
const LONGEST_AGENT: usize = 200;
/// A recovery code with its hyphens is shorter.
const LONGEST_CODE: usize = 64;
/// What clients repeat a write with, after they were asked for it.
const CODE_HEADER: &str = "x-hex-otp";

/// A caller who may read.
#[derive(Clone, Debug)]
pub(crate) struct Authenticated(pub(crate) Caller);

/// A caller who may write: with a user's token, the second factor was right.
#[derive(Clone, Debug)]
pub(crate) struct AuthenticatedForWrite(pub(crate) Caller);

/// The same, or a user with `Basic` name and password: only where rebar3 makes its API key.
#[derive(Clone, Debug)]
pub(crate) struct AuthenticatedWithPassword(pub(crate) Caller);

impl FromRequestParts<Arc<Node>> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        let caller = by_key_or_token(parts, node, Sent::of(&parts.headers)).await?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<Node>> for AuthenticatedForWrite {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        let caller = by_key_or_token(parts, node, Sent::of(&parts.headers)).await?;
        check_second_factor(parts, node, &caller).await?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<Node>> for AuthenticatedWithPassword {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        let caller = match Sent::of(&parts.headers) {
            Sent::Login { name, password } => {
                let origin = origin_of(parts, node);
                authenticate::by_password(node, &name, &password, origin).await?
            }
            sent => by_key_or_token(parts, node, sent).await?,
        };
        check_second_factor(parts, node, &caller).await?;
        Ok(Self(caller))
    }
}

/// Whether a caller may.
///
/// # Errors
/// 403, saying whether role or permissions are in the way.
pub(crate) fn require(caller: &Caller, need: &Need<'_>) -> Result<(), ApiError> {
    Ok(caller.may(need)?)
}

async fn by_key_or_token(parts: &Parts, node: &Node, sent: Sent) -> Result<Caller, ApiError> {
    let origin = origin_of(parts, node);
    let address = origin.address;
    let found = match sent {
        Sent::Nothing => Err(AuthenticationError::Missing),
        Sent::Login { .. } => Err(AuthenticationError::PasswordHere),
        Sent::Key(hash) => authenticate::by_api_key(node, hash, origin).await,
        Sent::Token(token) => authenticate::by_token(node, token.reveal(), origin).await,
    };
    if matches!(found, Err(AuthenticationError::Unknown)) {
        let now = node.app.clock.now();
        node.limits.count_unknown_key(address, now)?;
    }
    Ok(found?)
}

/// A write with a user's token, or with the password itself, needs the second factor; an API key was
/// made by somebody who had it.
async fn check_second_factor(parts: &Parts, node: &Node, caller: &Caller) -> Result<(), ApiError> {
    match caller.via {
        Via::ApiKey(_) | Via::Session(_) => return Ok(()),
        Via::Password if !caller.user.has_totp => return Ok(()),
        Via::Token { .. } if !caller.user.has_totp => return Err(refusal::not_enrolled()),
        Via::Password | Via::Token { .. } => {}
    }
    let code = parts.headers.get(CODE_HEADER);
    let code = code.and_then(|code| code.to_str().ok()).unwrap_or_default();
    if code.trim().is_empty() {
        return Err(refusal::code_required());
    }
    if code.len() > LONGEST_CODE {
        return Err(refusal::wrong_code());
    }
    let presented = Presented {
        code: code.trim(),
        via: caller.via,
        address: caller.address,
    };
    Ok(second_factor::check(&node.app, &caller.user, presented).await?)
}

/// From where and with which program.
pub(crate) fn origin_of(parts: &Parts, node: &Node) -> Origin {
    Origin {
        address: address_of(parts, node),
        user_agent: user_agent(&parts.headers),
    }
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
