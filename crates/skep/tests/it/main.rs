//! The command line, and what customers' tools make of the server.

mod rebar3;
mod registry;
mod support;
