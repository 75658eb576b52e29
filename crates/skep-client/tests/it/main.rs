//! Everything that goes through the crate's front door.
#![cfg(feature = "file-token-store")]
#![expect(clippy::unwrap_used, reason = "a test that stops there says where")]

mod cli_auth;
