//! The pages in a real browser. `cargo xtask test` leaves this out, and says so, where there is none.

mod device;
mod foreign;
mod looks;
