//! The HTTP API of a Hex server: what stands at `https://hex.pm/api`.
//!
//! A call is a pair of functions, `*_request` and `*_response`. The configuration says the server
//! ([`api_url`](crate::Config::api_url)), the credentials, the format of the bodies ([`ApiFormat`]), and whether an
//! organization's packages ([`api_repository`](crate::Config::api_repository)) or keys and members
//! ([`api_organization`](crate::Config::api_organization)) are meant. Answers are read in either format, by their
//! content type. Fields that a server does not send are empty; points in time are text in ISO 8601, as the server writes
//! them.
//!
//! ```
//! use bytes::Bytes;
//! use skep_client::{Config, api};
//!
//! let config = Config::hexpm();
//! let request = api::packages::get_request(&config, "jason")?;
//! assert_eq!(request.uri(), "https://hex.pm/api/packages/jason");
//!
//! // However it was sent, this came back:
//! let response = http::Response::builder()
//!     .header("content-type", "application/json")
//!     .body(Bytes::from(r#"{"name": "jason", "releases": [{"version": "1.4.4"}]}"#))?;
//! let package = api::packages::get_response(response)?;
//! assert_eq!(package.releases[0].version, "1.4.4");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod auth;
pub(crate) mod body;
pub mod docs;
mod error;
pub mod keys;
pub mod members;
pub mod organizations;
pub mod owners;
pub mod packages;
pub mod releases;
pub mod short_urls;
pub mod users;

pub use body::ApiFormat;
pub use error::{ApiError, ApiErrorKind, FieldErrors};

#[cfg(test)]
mod tests;
