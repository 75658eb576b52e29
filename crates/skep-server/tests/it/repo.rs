//! Everything below `/repo`.

mod credentials;
mod files;
mod indexes;
mod limits;
mod messages;
mod packages;
mod public_key;
mod refusals;
mod repositories;
mod tarballs;
