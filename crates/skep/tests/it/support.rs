//! A seller's repository, its server and what stands around them, as a customer's tools meet them.

pub(crate) mod cdn;
pub(crate) mod customer;
pub(crate) mod hex_server;
pub(crate) mod http;
pub(crate) mod masked;
pub(crate) mod package;
pub(crate) mod port;
pub(crate) mod run;
pub(crate) mod shop;
pub(crate) mod story;
