//! A client for every Hex server.
//!
//! Requests and responses are values: `*_request` makes an [`http::Request`], `*_response` reads an
//! [`http::Response`], and nothing in between is this crate's business. [`transport`] sends them for
//! those who have no HTTP client of their own.

#![warn(missing_docs)]

mod answer;
pub mod api;
mod base_url;
mod body;
mod config;
pub mod error;
pub mod http_client;
pub mod oauth;
pub mod repository;
mod secret;
#[cfg(test)]
mod shown_request;
mod shown_url;
#[cfg(feature = "reqwest")]
pub mod transport;

pub use base_url::{BaseUrl, UrlError};
pub use config::Config;
pub use error::Error;
pub use secret::Secret;
