//! What is for sale: packages and their releases, how they come in and how a license sees them.

pub mod delete;
pub mod documentation;
pub mod entry;
pub mod export;
mod find;
pub mod import;
pub mod owners;
pub mod packages;
pub mod publish;
pub mod release;
pub mod retire;
pub mod search;
pub mod views;

pub use find::CatalogError;
