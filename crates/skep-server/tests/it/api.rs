//! What is below `/api`.

mod accounts;
mod bad_input;
mod clients;
mod peer;
mod publish;
mod raw;
mod replacing;
