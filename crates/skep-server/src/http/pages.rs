//! What a person opens in a browser: rendered here, without a script, from `templates/`. Forms change
//! things with POST, answer with a redirect or with the form and what is wrong with it, and are taken
//! from our own pages only.

pub(crate) mod account;
pub(crate) mod assets;
pub(crate) mod device;
mod error;
mod field;
mod form;
mod frame;
pub(crate) mod keys;
pub(crate) mod link;
pub(crate) mod login;
mod next;
pub(crate) mod password;
mod qr;
mod scopes;
pub(crate) mod second_factor;
mod visitor;
mod when;

pub(crate) use self::error::{PageError, own_forms_only};
pub(crate) use self::frame::protect;

#[cfg(test)]
mod tests;
