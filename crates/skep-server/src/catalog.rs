//! What is for sale: packages and their releases, how they come in and how a license sees them.

pub mod release;
