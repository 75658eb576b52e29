//! What tests stand on. Helpers go through public interfaces; only those called `db_…` touch tables.

mod ask;
pub(crate) mod browser;
pub(crate) mod each_db;
mod each_store;
mod members;
pub(crate) mod office;
pub(crate) mod postgres;
mod registry;
mod sale;
pub(crate) mod seaweedfs;
pub(crate) mod strict_s3;
mod test_app;
mod tool;
mod user;
mod visitor;

pub(crate) use ask::{Answer, Ask, CURL, GLEAM, HEX_2_0, HEX_2_1, HEX_2_3, MIX, REBAR3};
pub(crate) use each_store::{app_on_bucket, on_each_store};
pub(crate) use sale::{Sale, Sold};
pub(crate) use test_app::{TODAY, TestApp, on_each_app};
pub(crate) use user::{metadata, tarball, tarball_of};
pub(crate) use visitor::PASSWORD;
