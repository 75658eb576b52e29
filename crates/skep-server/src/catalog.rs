//! What is for sale: packages and their releases, how they come in and how a license sees them.

pub mod delete;
pub mod entry;
mod find;
pub mod packages;
pub mod publish;
pub mod release;
pub mod retire;
pub mod views;

pub use find::CatalogError;
