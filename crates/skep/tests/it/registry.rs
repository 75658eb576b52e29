//! `skep registry`: building and checking repositories of plain files.

mod build;
mod faults;
mod site;
mod verify;
