//! `/api/oauth/…`: where tools get their tokens. Bodies are JSON, Erlang terms or a form; refusals have
//! the shape and the codes of RFC 6749 and RFC 8628, which clients compare.

mod parameters;
mod refusal;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::{Value, json};
use skep_formats::checksum::Sha256;

use self::parameters::Parameters;
use self::refusal::Refusal;
use crate::http::api::Answer;
use crate::http::client::Client;
use crate::node::Node;
use crate::oauth::device::{INTERVAL_SECONDS, LIFETIME_SECONDS};
use crate::oauth::error::OAuthError;
use crate::oauth::exchange::{Exchange, exchange};
use crate::oauth::issue::{self, Tokens};
use crate::oauth::logins::{self, Begin};
use crate::oauth::{guesses, revoke as revoking, tokens};
use crate::secret_text::KeyHash;

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// `POST /api/oauth/device_authorization`
pub(crate) async fn device_authorization(
    State(node): State<Arc<Node>>,
    parameters: Parameters,
) -> Result<Answer, Refusal> {
    let request = Begin {
        client: parameters.text("client_id")?,
        name: parameters.optional("name")?,
        scope: parameters.optional("scope")?,
        address: parameters.address,
    };
    let now = node.app.clock.now();
    (node.limits.count_login(parameters.address, now)).map_err(OAuthError::from)?;
    let begun = logins::begin(&node.app, &request).await?;
    let page = format!("{}/oauth/device", node.app.config.server.url);
    // A code has letters and digits only.
    let complete = format!("{page}?user_code={}", begun.user_code);
    Ok(Answer::ok(json!({
        "device_code": begun.device_code,
        "user_code": begun.user_code.as_str(),
        "verification_uri": page,
        "verification_uri_complete": complete,
        "expires_in": LIFETIME_SECONDS,
        "interval": INTERVAL_SECONDS,
    })))
}

/// `POST /api/oauth/token`
pub(crate) async fn token(
    State(node): State<Arc<Node>>,
    parameters: Parameters,
) -> Result<Answer, Refusal> {
    match give(&node, &parameters).await {
        Ok(tokens) => Ok(Answer::ok(body(&tokens))),
        Err(error) => Ok(guesses::refuse(&node.app, parameters.address, error).await?),
    }
}

async fn give(node: &Node, parameters: &Parameters) -> Result<Tokens, OAuthError> {
    let address = parameters.address;
    match parameters.text("grant_type")? {
        DEVICE_CODE => {
            let client = parameters.text("client_id")?;
            let code = parameters.text("device_code")?;
            logins::poll(&node.app, client, code, address).await
        }
        "refresh_token" => refresh(node, parameters).await,
        "client_credentials" => {
            let request = Exchange {
                client: parameters.text("client_id")?,
                key: parameters.text("client_secret")?,
                scope: parameters.optional("scope")?,
                address,
                may_be_dead: Client::of(&parameters.headers).hides_refused_exchange(),
            };
            exchange(node, &request).await
        }
        other => {
            let other = other.chars().take(120).collect();
            Err(OAuthError::UnsupportedGrant(other))
        }
    }
}

async fn refresh(node: &Node, parameters: &Parameters) -> Result<Tokens, OAuthError> {
    let client = parameters.text("client_id")?;
    let token = parameters.text("refresh_token")?;
    let refreshed = issue::refresh(&node.app, client, token, parameters.address).await;
    if let Err(OAuthError::Replayed) = refreshed {
        // What was ended is refused here from this answer on.
        node.snapshot.refresh().await?;
    }
    refreshed
}

fn body(tokens: &Tokens) -> Value {
    let mut body = json!({
        "access_token": tokens.access.reveal(),
        "token_type": "bearer",
        "expires_in": tokens::LIFETIME_SECONDS,
        "scope": tokens.access.scope,
    });
    if let Some(refresh) = &tokens.refresh {
        body["refresh_token"] = refresh.reveal().into();
    }
    body
}

/// `POST /api/oauth/revoke`: 200, whatever the token was.
pub(crate) async fn revoke(
    State(node): State<Arc<Node>>,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    let token = parameters.text("token")?;
    let client = Some(parameters.optional("client_id")?).filter(|client| !client.is_empty());
    revoking::revoke(&node.app, token, client, parameters.address).await?;
    done(&node).await
}

/// `POST /api/oauth/revoke_by_hash`: 200, whatever the hash was.
pub(crate) async fn revoke_by_hash(
    State(node): State<Arc<Node>>,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    let hash = parameters.text("token_hash")?;
    let bytes = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok();
    if let Some(hash) = bytes.and_then(|bytes| Sha256::try_from(&bytes[..]).ok()) {
        let address = parameters.address;
        revoking::revoke_by_hash(&node.app, KeyHash(hash), None, address).await?;
    }
    done(&node).await
}

/// What was given up is refused here from this answer on, and elsewhere within a second.
async fn done(node: &Node) -> Result<Response, Refusal> {
    node.snapshot.refresh().await?;
    Ok(Answer::ok(json!({})).into_response())
}
