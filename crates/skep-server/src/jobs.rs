//! What a node does by itself from time to time. A job reads again what it works on and can be
//! repeated at any moment.

pub mod prune_accounts;
pub mod prune_oauth;
pub mod prune_usage;
