//! `contents.tar.gz` and documentation tarballs: a gzipped tar, read as a stream.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use tar::{Archive, Entry, EntryType, PaxExtensions};

use super::gunzip::{Gunzip, Scratch};
use super::path::{self, PathError};
use super::{Extraction, Limits};
use crate::checksum::{Sha256, Sha256Hasher};
use crate::gzip::{self, GzipError};

/// The longest extension record (a long name, PAX attributes) that is read into memory.
const MAX_EXTENSION: u64 = 64 * 1024;
const BLOCK: u64 = 512;
const BUFFER: usize = 16 * 1024;
const MODE_BITS: u32 = 0o7777;

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

/// A file, directory or link of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its path, relative and without `.` or `..`, separated by `/`.
    pub path: String,
    /// Its size in bytes; 0 for directories and links.
    pub size_bytes: u64,
    /// The checksum of a file.
    pub sha256: Option<Sha256>,
    /// Its permission bits.
    pub mode: u32,
    /// What it is.
    pub kind: FileKind,
}

/// What an entry of a package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// What it points to, relative to its own directory.
        target: String,
    },
}

/// Where the bytes of the files go.
#[derive(Debug)]
pub(crate) enum Receiver<'a> {
    /// Nowhere.
    Skip,
    /// Into checksums.
    Hash,
    /// Into checksums and onto disk.
    Extract(&'a mut Extraction),
}

/// Reads a gzipped tar to its end. A path that comes twice is listed once, as it was last.
pub(crate) fn read_contents(
    mut compressed: impl BufRead,
    limits: &Limits,
    receiver: Receiver<'_>,
    scratch: &mut Scratch,
) -> Result<Vec<FileEntry>, ContentsError> {
    gzip::check_magic(&mut compressed)?;
    let state = State::default();
    let mut decoder = Gunzip::new(compressed, scratch);
    let counted = Counted {
        inner: &mut decoder,
        limit: limits.unpacked,
        state: &state,
    };
    let mut archive = Archive::new(counted);
    let mut reading = Reading {
        state: &state,
        limits,
        receiver,
        files: Files::default(),
        buffer: vec![0; BUFFER],
    };
    let entries = archive.entries().map_err(|error| reading.fault(error))?;
    let mut end = 0;
    let mut long = LongNames::default();
    for entry in entries.raw(true) {
        let mut entry = entry.map_err(|error| reading.fault(error))?;
        end = entry.raw_file_position() + entry.size().next_multiple_of(BLOCK);
        if !long.take(&mut entry, &reading)? {
            reading.entry(&mut entry, std::mem::take(&mut long))?;
        }
    }
    // The archive's end is a block of zeros, which the iterator has read by now.
    if state.read.get() <= end || long.is_some() {
        return Err(ContentsError::TruncatedTar);
    }
    reading.rest_is_zero(archive.into_inner())?;
    match decoder.into_input().fill_buf() {
        Ok([]) => reading.files.checked(),
        Ok(_) => Err(ContentsError::TrailingData),
        Err(error) => Err(GzipError::Read(error).into()),
    }
}

/// What the reader below the archive knows and the archive does not.
#[derive(Default)]
struct State {
    /// How many bytes came out of the gzip.
    read: Cell<u64>,
    /// Why reading failed.
    fault: RefCell<Option<GzipError>>,
}

/// Decompressed data up to a limit.
struct Counted<'a, R> {
    inner: R,
    limit: u64,
    state: &'a State,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer);
        let fault = match count {
            Ok(count) => {
                let read = self.state.read.get().saturating_add(count as u64);
                self.state.read.set(read);
                if read <= self.limit {
                    return Ok(count);
                }
                GzipError::TooLarge { limit: self.limit }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => gzip::fault(error),
        };
        *self.state.fault.borrow_mut() = Some(fault);
        Err(io::Error::other("contents"))
    }
}

struct Reading<'a, 'r> {
    state: &'a State,
    limits: &'a Limits,
    receiver: Receiver<'r>,
    files: Files,
    /// One for all files: filling a new one with zeros costs more than reading a small file.
    buffer: Vec<u8>,
}

impl Reading<'_, '_> {
    fn fault(&self, error: io::Error) -> ContentsError {
        if let Some(fault) = self.state.fault.borrow_mut().take() {
            return fault.into();
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => ContentsError::TruncatedTar,
            _ if self.state.read.get() <= BLOCK => ContentsError::NotATar,
            _ => ContentsError::CorruptTar(error.to_string()),
        }
    }

    fn entry(
        &mut self,
        entry: &mut Entry<impl Read>,
        long: LongNames,
    ) -> Result<(), ContentsError> {
        if self.files.list.len() >= self.limits.files {
            let limit = self.limits.files;
            return Err(ContentsError::TooManyFiles { limit });
        }
        let raw = long.path.unwrap_or_else(|| entry.path_bytes().into_owned());
        let path = path::clean(&raw)?;
        let is_directory = raw.ends_with(b"/");
        let size_bytes = entry.size();
        let mode = entry.header().mode().unwrap_or(0o644) & MODE_BITS;
        let kind = match entry.header().entry_type() {
            EntryType::Regular if is_directory && size_bytes == 0 => FileKind::Directory,
            EntryType::Regular => FileKind::File,
            EntryType::Directory if size_bytes == 0 => FileKind::Directory,
            EntryType::Symlink if size_bytes == 0 => {
                let target = long
                    .target
                    .or_else(|| entry.link_name_bytes().map(Into::into));
                let target = String::from_utf8(target.unwrap_or_default())
                    .map_err(|_| PathError::NotText(path.clone()))?;
                path::link_steps(&path, &target)?;
                FileKind::Symlink { target }
            }
            _ => return Err(ContentsError::UnsupportedEntry { path }),
        };
        let mut file = FileEntry {
            path,
            size_bytes,
            sha256: None,
            mode,
            kind,
        };
        self.receive(&mut file, entry)?;
        self.files.add(file);
        Ok(())
    }

    fn receive(&mut self, file: &mut FileEntry, data: &mut impl Read) -> Result<(), ContentsError> {
        if let Receiver::Extract(extraction) = &mut self.receiver {
            extraction.begin(file)?;
        }
        if file.kind != FileKind::File {
            return Ok(());
        }
        let is_hashed = !matches!(self.receiver, Receiver::Skip);
        let mut hasher = is_hashed.then(Sha256Hasher::new);
        let mut left = file.size_bytes;
        while left > 0 {
            let count = match data.read(&mut self.buffer) {
                Ok(0) => return Err(ContentsError::TruncatedTar),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.fault(error)),
            };
            let piece = &self.buffer[..count];
            if let Some(hasher) = &mut hasher {
                hasher.update(piece);
            }
            if let Receiver::Extract(extraction) = &mut self.receiver {
                extraction.write(piece)?;
            }
            left = left.saturating_sub(count as u64);
        }
        file.sha256 = hasher.map(Sha256Hasher::finish);
        Ok(())
    }

    fn rest_is_zero(&self, mut rest: impl Read) -> Result<(), ContentsError> {
        let mut buffer = [0; 4096];
        loop {
            match rest.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) if buffer[..count].iter().all(|byte| *byte == 0) => {}
                Ok(_) => return Err(ContentsError::TrailingData),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fault(error)),
            }
        }
    }
}

/// The entries read so far, each path once.
#[derive(Default)]
struct Files {
    list: Vec<FileEntry>,
    index: HashMap<String, usize>,
}

impl Files {
    fn add(&mut self, file: FileEntry) {
        match self.index.get(&file.path) {
            Some(index) => self.list[*index] = file,
            None => {
                self.index.insert(file.path.clone(), self.list.len());
                self.list.push(file);
            }
        }
    }

    fn is_link(&self, path: &str) -> bool {
        let file = self.index.get(path).map(|index| &self.list[*index]);
        file.is_some_and(|file| matches!(file.kind, FileKind::Symlink { .. }))
    }

    /// The list, if no path and no link leads through another link: with `a -> .` and `a/b -> ..`
    /// each looks harmless by itself.
    fn checked(self) -> Result<Vec<FileEntry>, ContentsError> {
        for file in &self.list {
            if path::parents(&file.path).any(|parent| self.is_link(parent)) {
                return Err(PathError::ThroughLink(file.path.clone()).into());
            }
            if let FileKind::Symlink { target } = &file.kind {
                let steps = path::link_steps(&file.path, target)?;
                let before_last = steps.len().saturating_sub(1);
                if steps[..before_last].iter().any(|step| self.is_link(step)) {
                    let (path, target) = (file.path.clone(), target.clone());
                    return Err(PathError::UnsafeLink { path, target }.into());
                }
            }
        }
        Ok(self.list)
    }
}

/// Names too long for a header, which stand in entries of their own before it. Read here and not by
/// the tar library, which would hold an entry of any size in memory.
#[derive(Default)]
struct LongNames {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

impl LongNames {
    fn is_some(&self) -> bool {
        self.path.is_some() || self.target.is_some()
    }

    /// Whether `entry` is such an entry.
    fn take(
        &mut self,
        entry: &mut Entry<impl Read>,
        reading: &Reading<'_, '_>,
    ) -> Result<bool, ContentsError> {
        let kind = entry.header().entry_type();
        let is_extension = matches!(
            kind,
            EntryType::XHeader
                | EntryType::XGlobalHeader
                | EntryType::GNULongName
                | EntryType::GNULongLink
        );
        if !is_extension {
            return Ok(false);
        }
        let corrupt = |what: &str| ContentsError::CorruptTar(what.to_owned());
        if entry.size() > MAX_EXTENSION {
            return Err(corrupt("an extension header is too long"));
        }
        let (size, mut data) = (entry.size(), Vec::new());
        entry
            .read_to_end(&mut data)
            .map_err(|error| reading.fault(error))?;
        if data.len() as u64 != size {
            return Err(ContentsError::TruncatedTar);
        }
        match kind {
            EntryType::GNULongName => self.path = Some(until_nul(data)),
            EntryType::GNULongLink => self.target = Some(until_nul(data)),
            EntryType::XGlobalHeader => self.pax(&data, true)?,
            _ => self.pax(&data, false)?,
        }
        Ok(true)
    }

    fn pax(&mut self, data: &[u8], is_global: bool) -> Result<(), ContentsError> {
        for record in PaxExtensions::new(data) {
            let record = record.map_err(|error| ContentsError::CorruptTar(error.to_string()))?;
            match record.key_bytes() {
                // Readers disagree about both of these; whoever writes them wants that.
                b"size" => {
                    return Err(ContentsError::CorruptTar(
                        "a PAX header sets a size".to_owned(),
                    ));
                }
                b"path" | b"linkpath" if is_global => {
                    return Err(ContentsError::CorruptTar(
                        "a global PAX header sets a path".to_owned(),
                    ));
                }
                b"path" => self.path = Some(record.value_bytes().to_vec()),
                b"linkpath" => self.target = Some(record.value_bytes().to_vec()),
                _ => {}
            }
        }
        Ok(())
    }
}

fn until_nul(mut data: Vec<u8>) -> Vec<u8> {
    let end = data.iter().position(|byte| *byte == 0);
    data.truncate(end.unwrap_or(data.len()));
    data
}
