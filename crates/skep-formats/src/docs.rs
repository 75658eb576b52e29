//! Documentation tarballs: a gzipped tar of pages.

use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::gzip;
use crate::tarball::{
    ContentsError, CreateError, Extraction, FileEntry, Limits, Receiver, Root, Scratch,
    contents_tar, read_contents,
};

/// Why something is not a documentation tarball.
#[derive(Debug, thiserror::Error)]
pub enum DocsError {
    /// More than [`Limits::compressed`].
    #[error("the documentation has more than `{limit}` bytes")]
    TooLarge {
        /// The number of bytes allowed.
        limit: u64,
    },
    /// Something is wrong inside.
    #[error(transparent)]
    Contents(#[from] ContentsError),
}

/// Reads a documentation tarball to its end and lists its files. [`Limits::metadata`] has no meaning here.
pub fn check(reader: impl Read, limits: &Limits) -> Result<Vec<FileEntry>, DocsError> {
    read(reader, limits, Receiver::Hash)
}

/// Unpacks a documentation tarball into `directory`, which must not exist or be empty. It appears whole
/// or not at all.
pub fn unpack(
    reader: impl Read,
    limits: &Limits,
    directory: &Path,
) -> Result<Vec<FileEntry>, DocsError> {
    let mut extraction = Extraction::new(directory)?;
    let files = read(reader, limits, Receiver::Extract(&mut extraction))?;
    extraction.finish(&files)?;
    Ok(files)
}

/// Makes a documentation tarball of `files`, each a path and its content. Equal input gives equal bytes.
pub fn create<P: AsRef<str>, C: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (P, C)>,
    limits: &Limits,
) -> Result<Vec<u8>, CreateError> {
    let files = files
        .into_iter()
        .map(|(path, content)| (path, 0o644, content));
    let tarball = gzip::compress(&contents_tar(files, limits)?);
    if tarball.len() as u64 > limits.compressed {
        return Err(CreateError::TooLarge {
            what: "documentation",
            limit: limits.compressed,
        });
    }
    Ok(tarball)
}

fn read(
    reader: impl Read,
    limits: &Limits,
    receiver: Receiver<'_>,
) -> Result<Vec<FileEntry>, DocsError> {
    let mut limited = Limited {
        reader,
        left: limits.compressed,
        is_too_large: false,
    };
    let files = read_contents(
        BufReader::new(&mut limited),
        (limits, Root::Skipped),
        receiver,
        &mut Scratch::default(),
    );
    match limited.is_too_large {
        true => Err(DocsError::TooLarge {
            limit: limits.compressed,
        }),
        false => Ok(files?),
    }
}

struct Limited<R> {
    reader: R,
    left: u64,
    is_too_large: bool,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                self.is_too_large = true;
                return Err(io::Error::other("documentation"));
            }
        }
        Ok(count)
    }
}
