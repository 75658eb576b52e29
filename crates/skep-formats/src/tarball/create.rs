//! Writing a package tarball.

use std::io;

use tar::{Builder, EntryType, Header};

use super::outer::OuterFile;
use super::path::{self, PathError};
use super::{Limits, Metadata};
use crate::checksum::{Sha256, Sha256Hasher};
use crate::gzip;

/// 2000-01-01T00:00:00Z, the time of every file: a package does not depend on when it was made.
const MODIFIED_SECONDS: u64 = 946_684_800;
const VERSION: &[u8] = b"3";

/// A tarball that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its bytes.
    pub tarball: Vec<u8>,
    /// The checksum inside it.
    pub inner_checksum: Sha256,
    /// The checksum of all of it, which a registry names.
    pub outer_checksum: Sha256,
}

/// Why a tarball could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// A path that would be refused when the package is unpacked.
    #[error(transparent)]
    Path(#[from] PathError),
    /// More than one of the [`Limits`] allows.
    #[error("the {what} would have more than `{limit}` bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The number of bytes allowed.
        limit: u64,
    },
    /// More files than allowed.
    #[error("there are more than `{limit}` files")]
    TooManyFiles {
        /// How many are allowed.
        limit: usize,
    },
}

/// Makes a tarball of `files`, each a path, permission bits and content. Equal input gives equal bytes.
pub fn create<P: AsRef<str>, C: AsRef<[u8]>>(
    metadata: &Metadata,
    files: impl IntoIterator<Item = (P, u32, C)>,
    limits: &Limits,
) -> Result<Created, CreateError> {
    let metadata = metadata.to_terms().into_bytes();
    check_size("metadata", &metadata, limits.metadata)?;
    let contents = contents_tar(files, limits)?;
    let contents = gzip::compress(&contents);
    let mut hasher = Sha256Hasher::new();
    for part in [VERSION, &metadata, &contents] {
        hasher.update(part);
    }
    let inner_checksum = hasher.finish();
    let checksum = inner_checksum.to_string().to_uppercase();
    let mut tar = Builder::new(Vec::new());
    for file in OuterFile::ALL {
        let data = match file {
            OuterFile::Version => VERSION,
            OuterFile::Checksum => checksum.as_bytes(),
            OuterFile::Metadata => &metadata,
            OuterFile::Contents => &contents,
        };
        in_memory(append(&mut tar, file.name(), 0o644, data));
    }
    let tarball = in_memory(tar.into_inner());
    check_size("tarball", &tarball, limits.compressed)?;
    Ok(Created {
        inner_checksum,
        outer_checksum: Sha256::of(&tarball),
        tarball,
    })
}

/// The uncompressed tar of `files`.
pub(crate) fn contents_tar<P: AsRef<str>, C: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (P, u32, C)>,
    limits: &Limits,
) -> Result<Vec<u8>, CreateError> {
    let mut tar = Builder::new(Vec::new());
    for (index, (path, mode, content)) in files.into_iter().enumerate() {
        if index >= limits.files {
            let limit = limits.files;
            return Err(CreateError::TooManyFiles { limit });
        }
        let path = path::clean(path.as_ref().as_bytes())?;
        in_memory(append(&mut tar, &path, mode, content.as_ref()));
        check_size("contents", tar.get_ref(), limits.unpacked)?;
    }
    let tar = in_memory(tar.into_inner());
    check_size("contents", &tar, limits.unpacked)?;
    Ok(tar)
}

fn append(tar: &mut Builder<Vec<u8>>, path: &str, mode: u32, data: &[u8]) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(mode & 0o777);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(MODIFIED_SECONDS);
    header.set_size(data.len() as u64);
    // Old readers take the bytes of a header for Latin-1; PAX is UTF-8 by definition.
    if !path.is_ascii() || header.set_path(path).is_err() {
        tar.append_pax_extensions([("path", path.as_bytes())])?;
        header.set_path("long")?;
    }
    header.set_cksum();
    tar.append(&header, data)
}

fn check_size(what: &'static str, data: &[u8], limit: u64) -> Result<(), CreateError> {
    match data.len() as u64 > limit {
        true => Err(CreateError::TooLarge { what, limit }),
        false => Ok(()),
    }
}

fn in_memory<T>(result: io::Result<T>) -> T {
    result.expect("writing checked names to a vector does not fail")
}
