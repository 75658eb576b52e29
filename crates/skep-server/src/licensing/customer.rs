//! Customers: who a license was sold to.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CustomerId;

/// Somebody who bought something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// The customer's id.
    pub id: CustomerId,
    /// The address, in lower case: one customer an address.
    pub email: String,
    /// What to call them.
    pub name: String,
    /// When they were entered.
    pub created_at: Timestamp,
}
