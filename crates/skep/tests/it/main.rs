//! The command line, and what customers' tools make of the server.

#[expect(dead_code, reason = "its tests follow with the commands they need")]
mod support;
