//! Tokens for tools: logging in by the device flow, refreshing, exchanging keys, and verifying without
//! the database.

pub mod clients;
pub mod device;
pub mod error;
pub mod exchange;
pub mod grants;
pub mod guesses;
pub mod issue;
pub mod logins;
pub mod revoke;
pub mod scopes;
pub mod signing;
pub mod tokens;
pub mod user_code;
