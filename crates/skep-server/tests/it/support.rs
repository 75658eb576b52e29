//! What tests stand on. Helpers go through public interfaces; only those called `db_…` touch tables.

mod ask;
mod base;
pub(crate) mod browser;
mod each_app;
pub(crate) mod each_db;
#[path = "../outside/line.rs"]
pub(crate) mod line;
mod members;
#[path = "../outside/nginx.rs"]
pub(crate) mod nginx;
pub(crate) mod office;
#[path = "../outside/port.rs"]
pub(crate) mod port;
#[path = "../outside/postgres.rs"]
pub(crate) mod postgres;
mod registry;
mod sale;
#[path = "../outside/seaweedfs.rs"]
pub(crate) mod seaweedfs;
#[path = "../outside/setup.rs"]
pub(crate) mod setup;
pub(crate) mod static_site;
#[path = "../outside/strict_s3.rs"]
pub(crate) mod strict_s3;
mod test_app;
mod tool;
mod user;
mod visitor;

pub(crate) use ask::{Answer, Ask, CURL, GLEAM, HEX_2_0, HEX_2_1, HEX_2_3, MIX, REBAR3};
pub(crate) use each_app::{app_on_bucket, app_over_line, on_each_app, on_each_app_with};
pub(crate) use sale::{Sale, Sold};
pub(crate) use setup::Setup;
pub(crate) use test_app::{TODAY, TestApp};
pub(crate) use user::{metadata, tarball, tarball_of};
pub(crate) use visitor::PASSWORD;
