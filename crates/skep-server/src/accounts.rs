//! Who publishes and administers: users with their roles, API keys, sessions and second factors. No
//! HTTP here: a refusal is a word of the domain, `http/` gives it a status code.

pub mod api_key;
pub mod api_keys;
pub mod authenticate;
pub mod caller;
pub mod member;
pub mod permission;
pub mod role;
pub mod unknown;
pub mod user;
pub mod users;
