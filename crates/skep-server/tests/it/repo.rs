//! Everything below `/repo`.

mod credentials;
mod failed_keys;
mod files;
mod indexes;
mod messages;
mod packages;
mod public_key;
mod refusals;
mod repositories;
mod tarballs;
