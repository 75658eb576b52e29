//! What the seller does with customers, products, licenses and keys; on both databases.

mod change;
mod customers;
mod import;
mod issue;
mod keys;
mod products;
mod put;
mod status;
