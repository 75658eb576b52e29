//! skep-formats against what the reference implementation wrote and what Elixir answers.
#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests; a panic is their way to fail"
)]

mod erlang;
mod golden;
mod keys;
mod registry;
mod registry_fields;
mod versions;
