//! The command line, and what customers' tools make of the server.

mod accounts;
mod bad_days;
mod bad_input;
mod client;
mod demo;
mod full_spool;
mod help;
mod hosting;
mod import;
mod kill;
mod moving;
mod nodes;
mod packaging;
mod prebuilt;
mod rebar3;
mod registry;
mod selling;
mod serving;
mod shell;
mod support;
