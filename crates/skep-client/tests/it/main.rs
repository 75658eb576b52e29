//! Everything that goes through the crate's front door.

#[cfg(feature = "file-token-store")]
mod cli_auth;
