//! Tokens: getting them for other tokens or keys, and giving them up.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::{Request, Response};
use serde::Deserialize;
use serde_json::json;
use skep_formats::checksum::Sha256;

use super::{MAX_SECONDS, OAuthError, post};
use crate::api::body;
use crate::error::{DecodeError, ShownUrl};
use crate::http_client::Body;
use crate::{Config, Error, Secret};

/// What a server gives to who may call it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuthTokens {
    /// What requests carry as `Bearer`.
    pub access_token: Secret,
    /// What gets the next pair, once; exchanged keys have none.
    pub refresh_token: Option<Secret>,
    /// When the access token ends, in Unix seconds.
    pub expires_at: i64,
    /// What the access token allows, if the server says: words with spaces between them.
    pub scope: Option<String>,
}

impl OAuthTokens {
    /// What [`api_key`](Config::api_key) and [`repo_key`](Config::repo_key) want: `Bearer` and the token.
    pub fn bearer(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.access_token.expose()))
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    refresh_token: Option<String>,
    token_type: Option<String>,
    expires_in: i64,
    scope: Option<String>,
}

/// Asks for a new pair: `POST /oauth/token`. The server takes each `refresh_token` only once.
pub fn refresh_request(
    config: &Config,
    client_id: &str,
    refresh_token: &Secret,
) -> Result<Request<Body>, Error> {
    let value = json!({
        "grant_type": "refresh_token",
        "refresh_token": refresh_token.expose(),
        "client_id": client_id,
    });
    post(config, "token", &value)
}

/// The new pair, received at `now`.
///
/// # Errors
/// [`OAuthError::InvalidGrant`] for a token that was used, revoked or is too old.
pub fn refresh_response(response: Response<Bytes>, now: i64) -> Result<OAuthTokens, Error> {
    tokens(&response, now)
}

/// Exchanges a key for a token of a short life: `POST /oauth/token` of [`Config::oauth_exchange_url`], or of the API.
/// `scope` is `repositories` mostly; `name` is what the token is called.
pub fn client_credentials_request(
    config: &Config,
    client_id: &str,
    key: &Secret,
    scope: &str,
    name: Option<&str>,
) -> Result<Request<Body>, Error> {
    let mut value = json!({
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": key.expose(),
        "scope": scope,
    });
    if let Some(name) = name {
        value["name"] = name.into();
    }
    let api_url = config
        .oauth_exchange_url
        .as_ref()
        .unwrap_or(&config.api_url);
    let config = Config {
        api_url: api_url.clone(),
        ..config.clone()
    };
    post(&config, "token", &value)
}

/// The token, received at `now`.
pub fn client_credentials_response(
    response: Response<Bytes>,
    now: i64,
) -> Result<OAuthTokens, Error> {
    tokens(&response, now)
}

/// Gives up an access or refresh token, and what belongs to it: `POST /oauth/revoke`.
pub fn revoke_request(
    config: &Config,
    client_id: &str,
    token: &Secret,
) -> Result<Request<Body>, Error> {
    let value = json!({"token": token.expose(), "client_id": client_id});
    post(config, "revoke", &value)
}

/// Gives up a refresh token without sending it: `POST /oauth/revoke_by_hash` with its SHA-256.
pub fn revoke_by_hash_request(
    config: &Config,
    refresh_token: &Secret,
) -> Result<Request<Body>, Error> {
    let hash = Sha256::of(refresh_token.expose().as_bytes());
    let value = json!({"token_hash": HEXLOWER.encode(hash.as_bytes())});
    post(config, "revoke_by_hash", &value)
}

/// Whether the server took that; it does not tell whether there was such a token.
pub fn revoke_response(response: Response<Bytes>) -> Result<(), Error> {
    match response.status().is_success() {
        true => Ok(()),
        false => Err(OAuthError::of_response(&response).into()),
    }
}

pub(super) fn tokens(response: &Response<Bytes>, now: i64) -> Result<OAuthTokens, Error> {
    if !response.status().is_success() {
        return Err(OAuthError::of_response(response).into());
    }
    let answer: Answer = body::read(response)?;
    let problem = |text: &str| Error::Decode {
        url: ShownUrl::of_response(response),
        source: DecodeError::Shape(text.to_owned()),
    };
    let token_type = answer.token_type.unwrap_or_default();
    if !matches!(token_type.to_ascii_lowercase().as_str(), "" | "bearer") {
        return Err(problem("its `token_type` is not `bearer`"));
    }
    if !(0..=MAX_SECONDS).contains(&answer.expires_in) {
        return Err(problem("its `expires_in` is out of range"));
    }
    // A token is sent in a header, which it must not be able to end.
    let is_token =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_token(&answer.access_token) {
        return Err(problem("its `access_token` is not a token"));
    }
    Ok(OAuthTokens {
        access_token: answer.access_token.into(),
        refresh_token: answer.refresh_token.map(Secret::new),
        expires_at: now.saturating_add(answer.expires_in),
        scope: answer.scope,
    })
}
