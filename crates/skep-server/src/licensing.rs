//! Who may have what: customers, products, licenses and their keys, and the decision ([`check`]).
//! No HTTP here: a refusal is a word of the domain, `http/` gives it a status code.

pub mod check;
pub mod customer;
pub mod entitlement;
pub mod explain;
pub mod failed_keys;
pub mod grant;
pub mod key;
pub mod license;
pub mod messages;
pub mod plan;
pub mod product;
pub mod words;
