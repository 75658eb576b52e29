//! skep-formats against what the reference implementation wrote and what Elixir answers.

mod erlang;
mod golden;
mod keys;
mod registry;
mod registry_fields;
mod versions;
