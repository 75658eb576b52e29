//! `contents.tar.gz` and documentation tarballs: a gzipped tar, read as a stream.

mod counted;
mod error;
mod files;
mod long_names;

use std::io::{self, BufRead, Read};

use tar::{Archive, Entry, EntryType};

use counted::{Counted, State};
pub use error::ContentsError;
use files::Files;
use long_names::LongNames;

use super::gunzip::{Gunzip, Scratch};
use super::path::{self, PathError};
use super::{Extraction, Limits};
use crate::checksum::{Sha256, Sha256Hasher};
use crate::gzip::{self, GzipError};

const BLOCK: u64 = 512;
const BUFFER: usize = 16 * 1024;
const MODE_BITS: u32 = 0o7777;

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

/// Whether the directory itself, `./`, may be listed, as `tar c -C DIR .` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// It is left out.
    Skipped,
    /// It is an unsafe path.
    Refused,
}

/// Reads a gzipped tar to its end. A path that comes twice is listed once, as it was last.
pub(crate) fn read_contents(
    mut compressed: impl BufRead,
    (limits, root): (&Limits, Root),
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
        root,
        receiver,
        files: Files::default(),
        buffer: vec![0; BUFFER],
    };
    reading.entries(&mut archive)?;
    reading.rest_is_zero(archive.into_inner())?;
    match decoder.into_input().fill_buf() {
        Ok([]) => reading.files.checked(),
        Ok(_) => Err(ContentsError::TrailingData),
        Err(error) => Err(GzipError::Read(error).into()),
    }
}

struct Reading<'a, 'r> {
    state: &'a State,
    limits: &'a Limits,
    root: Root,
    receiver: Receiver<'r>,
    files: Files,
    /// One for all files: filling a new one with zeros costs more than reading a small file.
    buffer: Vec<u8>,
}

impl Reading<'_, '_> {
    fn entries(&mut self, archive: &mut Archive<impl Read>) -> Result<(), ContentsError> {
        let entries = archive.entries().map_err(|error| self.fault(error))?;
        let mut end = 0;
        let mut long = LongNames::default();
        for entry in entries.raw(true) {
            let mut entry = entry.map_err(|error| self.fault(error))?;
            end = entry.raw_file_position() + entry.size().next_multiple_of(BLOCK);
            if !long.take(&mut entry, self)? {
                self.entry(&mut entry, std::mem::take(&mut long))?;
            }
        }
        // The archive's end is a block of zeros, which the iterator has read by now.
        match self.state.read.get() <= end || long.is_some() {
            true => Err(ContentsError::TruncatedTar),
            false => Ok(()),
        }
    }

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
        if self.files.count() >= self.limits.files {
            let limit = self.limits.files;
            return Err(ContentsError::TooManyFiles { limit });
        }
        let raw = long.path.unwrap_or_else(|| entry.path_bytes().into_owned());
        if self.root == Root::Skipped && raw == b"./" && is_empty_directory(entry) {
            return Ok(());
        }
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

fn is_empty_directory(entry: &Entry<impl Read>) -> bool {
    entry.header().entry_type() == EntryType::Directory && entry.size() == 0
}
