//! Who may have what: customers, products, licenses and their keys, and the decision ([`check`]).
//! No HTTP here: a refusal is a word of the domain, `http/` gives it a status code.

pub mod check;
pub mod customer;
pub mod customers;
pub mod dates;
pub mod entitlement;
pub mod explain;
pub mod grant;
pub mod import;
pub mod key;
pub mod keys;
pub mod license;
pub mod licenses;
pub mod limits;
pub mod messages;
pub mod narrowing;
pub mod page;
pub mod per_minute;
pub mod plan;
pub mod product;
pub mod products;
pub mod terms;
pub mod texts;
pub mod unknown;
pub mod windows;
pub mod words;
