//! The HTTP API below `/api`: what mix, rebar3, Gleam and the seller's own programs talk to.

pub(crate) mod error;
pub(crate) mod format;
pub(crate) mod openapi;

pub(crate) use error::ApiError;
pub(crate) use format::{Answer, Input};
