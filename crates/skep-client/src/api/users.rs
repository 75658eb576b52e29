//! Users.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::body::{self, or_default};
use crate::http_client::Body;
use crate::{Config, Error, Secret};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The user's name.
    pub username: String,
    /// The user's address, where it is public or one's own.
    pub email: Option<String>,
    /// What the user is called.
    pub full_name: Option<String>,
    /// Names elsewhere, by the service.
    #[serde(default, deserialize_with = "or_default")]
    pub handles: BTreeMap<String, String>,
    /// Where the API has the user.
    pub url: Option<String>,
    /// When the user joined.
    pub inserted_at: Option<String>,
    /// When the user was last changed.
    pub updated_at: Option<String>,
    /// The packages that the user owns.
    #[serde(default, deserialize_with = "or_default")]
    pub packages: Vec<UserPackage>,
    /// The organizations that the user is in; one's own only.
    #[serde(default, deserialize_with = "or_default")]
    pub organizations: Vec<UserOrganization>,
}

/// A package of a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct UserPackage {
    /// Its name.
    pub name: String,
    /// The repository it is in.
    pub repository: Option<String>,
    /// Where the API has it.
    pub url: Option<String>,
    /// Its page for people.
    pub html_url: Option<String>,
}

/// An organization of a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct UserOrganization {
    /// Its name.
    pub name: String,
    /// What the user may do there.
    pub role: Option<String>,
}

/// Asks who is asking: `GET /users/me`.
pub fn me_request(config: &Config) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &["users", "me"])
}

/// The user whose credentials the request had.
pub fn me_response(response: Response<Bytes>) -> Result<User, Error> {
    body::read(&response)
}

/// Asks for a user, by name or address: `GET /users/USER`.
pub fn get_request(config: &Config, user: &str) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &["users", user])
}

/// The user.
pub fn get_response(response: Response<Bytes>) -> Result<User, Error> {
    body::read(&response)
}

/// Creates a user: `POST /users`. Servers send the address a link to confirm it.
pub fn create_request(
    config: &Config,
    username: &str,
    email: &str,
    password: &Secret,
) -> Result<Request<Body>, Error> {
    let value = json!({"username": username, "email": email, "password": password.expose()});
    body::with_value(config, Method::POST, &["users"], &value)
}

/// The new user.
pub fn create_response(response: Response<Bytes>) -> Result<User, Error> {
    body::read(&response)
}

/// Asks for a message with a link to set a new password, by name or address: `POST /users/USER/reset`.
pub fn reset_request(config: &Config, user: &str) -> Result<Request<Body>, Error> {
    body::with_value(config, Method::POST, &["users", user, "reset"], &json!({}))
}

/// Whether the server took that; it does not tell whether there is such a user.
pub fn reset_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}
