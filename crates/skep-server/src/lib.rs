//! Skep's server as a library: [`config::Config`] in, running server out. It never prints.

pub mod catalog;
pub mod clock;
pub mod db;
pub mod ids;
pub mod licensing;
