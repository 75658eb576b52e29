//! Who may publish a package.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::body;
use crate::http_client::Body;
use crate::{Config, Error};

/// Somebody who may publish a package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Owner {
    /// The user's name.
    pub username: String,
    /// The user's address, where it is public.
    pub email: Option<String>,
    /// `full` or `maintainer`.
    pub level: Option<String>,
    /// Where the API has the user.
    pub url: Option<String>,
}

/// How much an owner may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerLevel {
    /// Everything, also changing the owners.
    Full,
    /// Everything but changing the owners.
    Maintainer,
}

impl OwnerLevel {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Maintainer => "maintainer",
        }
    }
}

/// Asks for all owners: `GET /packages/NAME/owners`.
pub fn list_request(config: &Config, package: &str) -> Result<Request<Body>, Error> {
    let segments = body::in_repository(config, &["packages", package, "owners"]);
    body::plain(config, Method::GET, &segments)
}

/// The owners.
pub fn list_response(response: Response<Bytes>) -> Result<Vec<Owner>, Error> {
    body::read(&response)
}

/// Asks for one owner, by name or address: `GET /packages/NAME/owners/USER`.
pub fn get_request(config: &Config, package: &str, user: &str) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &owner(config, package, user))
}

/// The owner; not found where the user is none.
pub fn get_response(response: Response<Bytes>) -> Result<Owner, Error> {
    body::read(&response)
}

/// Makes somebody an owner, by name or address: `PUT /packages/NAME/owners/USER`. With `transfer`, the others cease to
/// be owners.
pub fn add_request(
    config: &Config,
    package: &str,
    user: &str,
    level: OwnerLevel,
    transfer: bool,
) -> Result<Request<Body>, Error> {
    let value = json!({"level": level.as_str(), "transfer": transfer});
    body::with_value(config, Method::PUT, &owner(config, package, user), &value)
}

/// Whether that worked.
pub fn add_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}

/// Takes ownership away: `DELETE /packages/NAME/owners/USER`.
pub fn remove_request(config: &Config, package: &str, user: &str) -> Result<Request<Body>, Error> {
    body::plain(config, Method::DELETE, &owner(config, package, user))
}

/// Whether that worked.
pub fn remove_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}

fn owner<'a>(config: &'a Config, package: &'a str, user: &'a str) -> Vec<&'a str> {
    body::in_repository(config, &["packages", package, "owners", user])
}
