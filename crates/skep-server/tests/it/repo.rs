//! Everything below `/repo`.

mod failed_keys;
mod files;
mod tarballs;
