//! Skep as a client: of our own server, and of others made up here.

mod api;
mod fetch;
mod login;
mod repo;
