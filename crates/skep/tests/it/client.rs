//! Skep as a client: of our own server, and of others made up here.

mod api;
mod example;
mod fetch;
mod login;
mod own_server;
mod publish;
mod repo;
