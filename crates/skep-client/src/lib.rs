//! A client for every Hex server.
//!
//! Requests and responses are values: `*_request` makes an [`http::Request`], `*_response` reads an
//! [`http::Response`], and nothing in between is this crate's business. [`transport`] sends them for
//! those who have no HTTP client of their own.

#![warn(missing_docs)]

mod error;
pub mod repository;
#[cfg(feature = "reqwest")]
pub mod transport;

pub use error::Error;
