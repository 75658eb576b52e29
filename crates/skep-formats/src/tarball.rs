//! Package tarballs: an outer tar of `VERSION`, `CHECKSUM`, `metadata.config` and `contents.tar.gz`.
//!
//! [`unpack`] reads one from any reader, checks everything there is to check and gives its parts;
//! [`read_release`] is the same without a list of files, [`ReleaseReader`] for many of them; [`create`] writes one. Memory stays bounded
//! whatever is read: contents are streamed and [`Limits`] hold for the rest.

mod contents;
mod create;
mod error;
mod extract;
mod gunzip;
mod limits;
mod metadata;
mod outer;
mod path;
mod requirement;
mod unpack;

pub use contents::{ContentsError, FileEntry, FileKind};
pub(crate) use contents::{Receiver, Root, read_contents};
pub(crate) use create::contents_tar;
pub use create::{CreateError, Created, create};
pub use error::TarballError;
pub(crate) use extract::Extraction;
pub(crate) use gunzip::Scratch;
pub use limits::Limits;
pub use metadata::{Metadata, MetadataError};
pub use path::PathError;
pub use requirement::{Requirement, dependencies};
pub use unpack::{ReleaseInfo, ReleaseReader, Sink, Unpacked, read_release, unpack};

#[cfg(test)]
mod tests;
