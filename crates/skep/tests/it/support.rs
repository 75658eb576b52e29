//! A seller's repository, its server and what stands around them, as a customer's tools meet them.

pub(crate) mod cdn;
pub(crate) mod customer;
pub(crate) mod fleet;
pub(crate) mod hex_server;
pub(crate) mod http;
pub(crate) mod load;
pub(crate) mod masked;
#[expect(dead_code, reason = "the tests of the server use the rest of it")]
pub(crate) mod outside;
pub(crate) mod package;
pub(crate) mod run;
pub(crate) mod server;
pub(crate) mod shop;
pub(crate) mod static_files;
pub(crate) mod story;
