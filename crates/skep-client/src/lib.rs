#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod answer;
pub mod api;
mod base_url;
mod body;
#[cfg(feature = "cli-auth")]
pub mod cli_auth;
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
