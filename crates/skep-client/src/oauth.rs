//! OAuth of Hex servers: logging in on another page (the device flow), refreshing, exchanging and revoking tokens.
//!
//! Every call is a pair of functions, `*_request` and `*_response`; the time is an argument, in Unix seconds. None of
//! the requests carries the configuration's own credentials. [`DeviceFlow`] joins the calls of a login without doing
//! anything itself, and [`device_auth_flow`] drives it.

#[cfg(feature = "desktop")]
pub mod desktop;
mod device;
mod driver;
mod error;
mod flow;
mod token;

pub use device::{
    DeviceAuthorization, PollStep, Polling, device_authorization_request,
    device_authorization_response, poll_request, poll_response,
};
pub use driver::{DeviceLogin, device_auth_flow};
pub use error::OAuthError;
pub use flow::{DeviceFlow, FlowStep};
pub use token::{
    OAuthTokens, client_credentials_request, client_credentials_response, refresh_request,
    refresh_response, revoke_by_hash_request, revoke_request, revoke_response,
};

use http::{Method, Request};
use serde_json::Value;

use crate::api::body;
use crate::http_client::Body;
use crate::{Config, Error};

/// The longest time that is believed, in seconds: what a server says must not overflow anything.
const MAX_SECONDS: i64 = 10 * 365 * 24 * 3600;

/// What a server is asked for tokens must not carry the credentials for other requests.
fn post(config: &Config, path: &str, value: &Value) -> Result<Request<Body>, Error> {
    let bare = Config {
        api_key: None,
        api_otp: None,
        ..config.clone()
    };
    body::with_value(&bare, Method::POST, &["oauth", path], value)
}

#[cfg(test)]
mod tests;
