//! `skep registry`: building and checking repositories of plain files.

mod build;
mod faults;
pub(crate) mod site;
mod sync;
mod verify;
