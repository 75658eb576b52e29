//! API keys, of the user or of an organization ([`Config::api_organization`]).

use bytes::Bytes;
use data_encoding::BASE64;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::body::{self, optional_secret, or_default};
use crate::http_client::Body;
use crate::{Config, Error, Secret};

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Key {
    /// Its name, by which it is found and deleted.
    pub name: String,
    /// The key itself; only in the answer that creates it.
    #[serde(default, deserialize_with = "optional_secret")]
    pub secret: Option<Secret>,
    /// What it allows.
    #[serde(default, deserialize_with = "or_default")]
    pub permissions: Vec<Permission>,
    /// Whether it is the one that this request was made with.
    #[serde(default, deserialize_with = "or_default")]
    pub authing_key: bool,
    /// When it was created.
    pub inserted_at: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<String>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<String>,
    /// Where the API has it.
    pub url: Option<String>,
}

/// Something that a key allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// `api`, `package`, `repository`, `repositories` or `docs`.
    pub domain: String,
    /// `read` or `write` of `api`; the package or repository of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

impl Permission {
    /// All of `domain`, or one `resource` of it.
    pub fn new(domain: &str, resource: Option<&str>) -> Self {
        Self {
            domain: domain.to_owned(),
            resource: resource.map(str::to_owned),
        }
    }
}

/// Asks for all keys: `GET /keys`.
pub fn list_request(config: &Config) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &keys(config, &[]))
}

/// The keys, without their secrets.
pub fn list_response(response: Response<Bytes>) -> Result<Vec<Key>, Error> {
    body::read(&response)
}

/// Asks for a key: `GET /keys/NAME`.
pub fn get_request(config: &Config, name: &str) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &keys(config, &[name]))
}

/// The key, without its secret.
pub fn get_response(response: Response<Bytes>) -> Result<Key, Error> {
    body::read(&response)
}

/// Creates a key: `POST /keys`.
pub fn add_request(
    config: &Config,
    name: &str,
    permissions: &[Permission],
) -> Result<Request<Body>, Error> {
    let value = json!({"name": name, "permissions": permissions});
    body::with_value(config, Method::POST, &keys(config, &[]), &value)
}

/// Creates a key with a user's name and password instead of the configuration's credentials: `POST /keys` with
/// `Authorization: Basic`. For servers without the device login.
pub fn add_with_password_request(
    config: &Config,
    username: &str,
    password: &Secret,
    name: &str,
    permissions: &[Permission],
) -> Result<Request<Body>, Error> {
    let mut request = add_request(config, name, permissions)?;
    let pair = format!("{username}:{}", password.expose());
    let basic = Secret::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
    let header = basic.to_header("password")?;
    request.headers_mut().insert(AUTHORIZATION, header);
    Ok(request)
}

/// The key with its secret, which the server shows only here.
pub fn add_response(response: Response<Bytes>) -> Result<Key, Error> {
    body::read(&response)
}

/// Deletes a key: `DELETE /keys/NAME`.
pub fn delete_request(config: &Config, name: &str) -> Result<Request<Body>, Error> {
    body::plain(config, Method::DELETE, &keys(config, &[name]))
}

/// Deletes all keys, also the one that this request is made with: `DELETE /keys`.
pub fn delete_all_request(config: &Config) -> Result<Request<Body>, Error> {
    body::plain(config, Method::DELETE, &keys(config, &[]))
}

/// Whether that worked.
pub fn delete_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}

fn keys<'a>(config: &'a Config, rest: &[&'a str]) -> Vec<&'a str> {
    let mut segments = body::in_organization(config, &["keys"]);
    segments.extend(rest);
    segments
}
