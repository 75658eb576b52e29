//! Skep's server as a library: [`config::Config`] in, running server out. It never prints.

pub mod accounts;
pub mod app;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod db;
pub mod delivery;
pub mod doctor;
pub mod files;
mod http;
pub mod ids;
pub mod jobs;
pub mod licensing;
pub mod metrics;
pub mod mirror;
pub mod node;
pub mod oauth;
pub mod prebuilt;
mod router;
pub mod secret_text;
pub mod serve;
pub mod snapshot;
pub mod tls;
pub mod transfer;
pub mod usage;
