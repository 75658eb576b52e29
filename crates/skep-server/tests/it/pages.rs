//! The pages, as far as they can be seen without a browser.

mod account;
mod device;
mod forms;
mod login;
