//! Organizations. All but the list is about [`Config::api_organization`].

use bytes::Bytes;
use http::{Method, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::body::{self, or_default};
use crate::error::BuildError;
use crate::http_client::Body;
use crate::{Config, Error};

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Organization {
    /// Its name, also that of its repository.
    pub name: String,
    /// Whether it is paid for.
    #[serde(default, deserialize_with = "or_default")]
    pub billing_active: bool,
    /// How many members it is paid for.
    pub seats: Option<u64>,
    /// When it was created.
    pub inserted_at: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<String>,
}

/// Asks for the organizations that the caller is in: `GET /orgs`.
pub fn list_request(config: &Config) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &["orgs"])
}

/// The organizations.
pub fn list_response(response: Response<Bytes>) -> Result<Vec<Organization>, Error> {
    body::read(&response)
}

/// Asks for the organization: `GET /orgs/NAME`.
pub fn get_request(config: &Config) -> Result<Request<Body>, Error> {
    body::plain(config, Method::GET, &["orgs", name(config)?])
}

/// The organization.
pub fn get_response(response: Response<Bytes>) -> Result<Organization, Error> {
    body::read(&response)
}

/// Changes how many members are paid for: `POST /orgs/NAME`.
pub fn update_request(config: &Config, seats: u64) -> Result<Request<Body>, Error> {
    let value = json!({"seats": seats});
    body::with_value(config, Method::POST, &["orgs", name(config)?], &value)
}

/// The organization as it is now.
pub fn update_response(response: Response<Bytes>) -> Result<Organization, Error> {
    body::read(&response)
}

pub(super) fn name(config: &Config) -> Result<&str, Error> {
    let missing = BuildError::Missing {
        setting: "api_organization",
    };
    Ok(config.api_organization.as_deref().ok_or(missing)?)
}
