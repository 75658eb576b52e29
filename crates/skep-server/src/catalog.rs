//! What is for sale: packages and their releases, how they come in and how a license sees them.

pub mod delete;
mod find;
pub mod packages;
pub mod publish;
pub mod release;
pub mod retire;

pub use find::CatalogError;
