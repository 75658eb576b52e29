//! The members of [`Config::api_organization`].

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::body;
use super::organizations::name;
use crate::http_client::Body;
use crate::{Config, Error};

/// A member of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// The user's name.
    pub username: String,
    /// The user's address, where it is public.
    pub email: Option<String>,
    /// One of the names of [`Role`], or one that is newer than this crate.
    pub role: Option<String>,
    /// Where the API has the user.
    pub url: Option<String>,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Publish packages and fetch them.
    Write,
    /// Fetch packages.
    Read,
}

impl Role {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Write => "write",
            Self::Read => "read",
        }
    }
}

/// Asks for all members: `GET /orgs/NAME/members`.
pub fn list_request(config: &Config) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &["orgs", name(config)?, "members"])
}

/// The members.
pub fn list_response(response: Response<Bytes>) -> Result<Vec<Member>, Error> {
    body::read(&response)
}

/// Asks for a member, by name or address: `GET /orgs/NAME/members/USER`.
pub fn get_request(config: &Config, user: &str) -> Result<Request<Body>, Error> {
    body::plain(
        config,
        Method::GET,
        &["orgs", name(config)?, "members", user],
    )
}

/// The member; not found where the user is none.
pub fn get_response(response: Response<Bytes>) -> Result<Member, Error> {
    body::read(&response)
}

/// Makes a user a member: `POST /orgs/NAME/members`.
pub fn add_request(config: &Config, user: &str, role: Role) -> Result<Request<Body>, Error> {
    let value = json!({"name": user, "role": role.as_str()});
    body::with_value(
        config,
        Method::POST,
        &["orgs", name(config)?, "members"],
        &value,
    )
}

/// The new member.
pub fn add_response(response: Response<Bytes>) -> Result<Member, Error> {
    body::read(&response)
}

/// Changes what a member may do: `POST /orgs/NAME/members/USER`.
pub fn update_request(config: &Config, user: &str, role: Role) -> Result<Request<Body>, Error> {
    let value = json!({"role": role.as_str()});
    body::with_value(
        config,
        Method::POST,
        &["orgs", name(config)?, "members", user],
        &value,
    )
}

/// The member as it is now.
pub fn update_response(response: Response<Bytes>) -> Result<Member, Error> {
    body::read(&response)
}

/// Ends a membership: `DELETE /orgs/NAME/members/USER`.
pub fn remove_request(config: &Config, user: &str) -> Result<Request<Body>, Error> {
    body::plain(
        config,
        Method::DELETE,
        &["orgs", name(config)?, "members", user],
    )
}

/// Whether that worked.
pub fn remove_response(response: Response<Bytes>) -> Result<(), Error> {
    body::done(&response)
}
