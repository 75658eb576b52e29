//! The HTTP API below `/api`: what mix, rebar3, Gleam and the seller's own programs talk to.

pub(crate) mod docs;
pub(crate) mod error;
mod errors;
pub(crate) mod format;
pub(crate) mod keys;
pub(crate) mod openapi;
pub(crate) mod organizations;
pub(crate) mod owners;
pub(crate) mod packages;
mod place;
pub(crate) mod publish;
mod query;
pub(crate) mod releases;
mod shapes;
pub(crate) mod start;
mod upload;
pub(crate) mod users;

pub(crate) use error::ApiError;
pub(crate) use format::{Answer, Input};
