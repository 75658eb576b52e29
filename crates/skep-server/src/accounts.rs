//! Who publishes and administers: users with their roles, API keys, sessions and second factors. No
//! HTTP here: a refusal is a word of the domain, `http/` gives it a status code.

pub mod api_key;
pub mod api_keys;
pub mod attempts;
pub mod authenticate;
pub mod caller;
pub mod last_uses;
pub mod links;
pub mod login;
pub mod member;
pub mod password;
pub mod passwords;
pub mod permission;
pub mod role;
pub mod second_factor;
pub mod sessions;
pub mod totp;
pub mod unknown;
pub mod user;
pub mod users;
