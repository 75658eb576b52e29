//! Days on which something that a node needs is away, seen from outside.

mod database;
mod load;
mod publishing;
mod store;
