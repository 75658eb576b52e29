//! What can be wrong with a tarball.

use std::io;

use super::{ContentsError, MetadataError};
use crate::checksum::Sha256;

/// Why something is not a package tarball.
#[derive(Debug, thiserror::Error)]
pub enum TarballError {
    /// The reader failed.
    #[error("the tarball could not be read")]
    Read(#[source] io::Error),
    /// There is nothing in it.
    #[error("the tarball is empty")]
    Empty,
    /// It does not begin as a tar does.
    #[error("this is not a tar archive")]
    NotATar,
    /// A header's checksum or one of its numbers is wrong.
    #[error("the tar header at byte `{offset}` is corrupt")]
    CorruptHeader {
        /// Where the header begins.
        offset: u64,
    },
    /// It ends in the middle.
    #[error("the tarball is truncated")]
    Truncated,
    /// Something follows its end.
    #[error("there is data after the end of the tarball")]
    TrailingData,
    /// More than [`Limits::compressed`](super::Limits).
    #[error("the tarball has more than `{limit}` bytes")]
    TooLarge {
        /// The number of bytes allowed.
        limit: u64,
    },
    /// A link, a directory, a PAX or GNU extension: a package has four plain files and nothing else.
    #[error("`{name}` in the tarball is not a plain file (type `{kind}`)")]
    NotAFile {
        /// The name in the header.
        name: String,
        /// The type in the header.
        kind: char,
    },
    /// A file that does not belong there.
    #[error("the tarball has an unexpected file `{name}`")]
    UnexpectedFile {
        /// Its name.
        name: String,
    },
    /// One of the four files comes twice.
    #[error("the tarball has the file `{name}` twice")]
    DuplicateFile {
        /// Its name.
        name: &'static str,
    },
    /// Some of the four files are not there.
    #[error("the tarball lacks `{}`", names.join("`, `"))]
    MissingFiles {
        /// Their names.
        names: Vec<&'static str>,
    },
    /// One of the small files is larger than allowed.
    #[error("the file `{name}` in the tarball has more than `{limit}` bytes")]
    FileTooLarge {
        /// Its name.
        name: &'static str,
        /// The number of bytes allowed.
        limit: u64,
    },
    /// A version of the format that is not 3.
    #[error("the tarball has the format version `{0}`, only `3` is known")]
    BadVersion(String),
    /// `CHECKSUM` does not hold a checksum.
    #[error("CHECKSUM holds `{0}`, which is not a SHA-256 checksum")]
    InvalidChecksum(String),
    /// `CHECKSUM` is not the checksum of the other files.
    #[error("the checksum of the tarball's files is `{actual}`, but CHECKSUM says `{expected}`")]
    ChecksumMismatch {
        /// What `CHECKSUM` says.
        expected: Sha256,
        /// What it should say.
        actual: Sha256,
    },
    /// Something is wrong with the metadata.
    #[error("metadata.config is invalid")]
    Metadata(#[from] MetadataError),
    /// Something is wrong with the contents.
    #[error("contents.tar.gz is invalid")]
    Contents(#[from] ContentsError),
}
