//! What can be wrong with contents.

use std::io;

use crate::gzip::GzipError;
use crate::tarball::path::PathError;

/// Why contents could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// Not gzip, truncated, corrupt, or more than allowed.
    #[error(transparent)]
    Gzip(#[from] GzipError),
    /// What is inside the gzip is not a tar.
    #[error("the unpacked data is not a tar archive")]
    NotATar,
    /// A header of the tar is wrong.
    #[error("the tar archive is corrupt: {0}")]
    CorruptTar(String),
    /// The tar ends in the middle.
    #[error("the tar archive is truncated")]
    TruncatedTar,
    /// Something follows the end of the tar or of the gzip.
    #[error("there is data after the end of the archive")]
    TrailingData,
    /// Too many files.
    #[error("there are more than `{limit}` files")]
    TooManyFiles {
        /// How many are allowed.
        limit: usize,
    },
    /// A device, a hard link, a sparse file and the like.
    #[error("`{path}` is neither a file nor a directory nor a symbolic link")]
    UnsupportedEntry {
        /// The entry.
        path: String,
    },
    /// A path or a link that leads out of the archive.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A file could not be written; nothing is left behind.
    #[error("`{path}` could not be written")]
    Write {
        /// The file on disk.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The directory to unpack into has files in it.
    #[error("the directory `{path}` is not empty")]
    NotEmpty {
        /// The directory.
        path: String,
    },
}
