//! The formats of Hex: bytes in, values out.
//!
//! Names, versions and requirements, registry resources and their signatures, tarballs and Erlang
//! terms. Everything here is pure: it takes bytes or an `impl Read`, opens nothing, reads no clock,
//! is not async and never panics on what it is given. Whatever expands (gzip, tar, terms) takes a
//! limit from the caller.

#![warn(missing_docs)]

pub mod checksum;
pub mod docs;
pub mod etf;
pub mod gzip;
pub mod key;
pub mod name;
mod proto;
pub mod registry;
pub mod requirement;
pub mod tarball;
pub mod terms;
mod text;
pub mod version;
