//! Skep's server as a library: [`config::Config`] in, running server out. It never prints.

pub mod app;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod db;
pub mod doctor;
pub mod files;
pub mod ids;
pub mod licensing;
pub mod snapshot;
