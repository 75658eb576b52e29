//! Reading a package tarball.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::contents::{ContentsError, FileEntry, Receiver, read_contents};
use super::error::TarballError;
use super::outer::{Outer, OuterFile};
use super::{Extraction, Limits, Metadata, Scratch};
use crate::checksum::{Sha256, Sha256Hasher};
use crate::gzip::GzipError;

const VERSION: &[u8] = b"3";
const MAX_VERSION: u64 = 32;
const MAX_CHECKSUM: u64 = 128;
const BUFFER: usize = 64 * 1024;

/// Where [`unpack`] puts the files.
#[derive(Debug, Clone, Copy)]
pub enum Sink<'a> {
    /// Nowhere: only check and list them.
    Discard,
    /// Into this directory, which must not exist or be empty, and `hex_metadata.config` with them, as
    /// Hex does. It appears whole or not at all.
    Directory(&'a Path),
}

/// A tarball that was read and found good.
#[derive(Debug, Clone, PartialEq)]
pub struct Unpacked {
    /// What the package says about itself.
    pub metadata: Metadata,
    /// The checksum inside the tarball, over its other files. Deprecated, and still in every registry.
    pub inner_checksum: Sha256,
    /// The checksum of the tarball.
    pub outer_checksum: Sha256,
    /// The size of the tarball in bytes.
    pub size_bytes: u64,
    /// What it contains, in the order it is in the tarball.
    pub files: Vec<FileEntry>,
}

/// What a registry needs to know about a tarball.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseInfo {
    /// What the package says about itself.
    pub metadata: Metadata,
    /// The checksum inside the tarball, over its other files. Deprecated, and still in every registry.
    pub inner_checksum: Sha256,
    /// The checksum of the tarball.
    pub outer_checksum: Sha256,
    /// The size of the tarball in bytes.
    pub size_bytes: u64,
}

/// Reads a tarball to its end and checks everything: format, checksum, metadata and contents.
pub fn unpack(
    reader: impl Read,
    limits: &Limits,
    sink: Sink<'_>,
) -> Result<Unpacked, TarballError> {
    let mut extraction = match sink {
        Sink::Discard => None,
        Sink::Directory(directory) => Some(Extraction::new(directory)?),
    };
    let receiver = match &mut extraction {
        None => Receiver::Hash,
        Some(extraction) => Receiver::Extract(extraction),
    };
    let reader = BufReader::with_capacity(BUFFER, reader);
    let (text, unpacked) = read(reader, limits, receiver, &mut Scratch::default())?;
    if let Some(mut extraction) = extraction {
        extraction.write_file("hex_metadata.config", &text)?;
        extraction.finish(&unpacked.files)?;
    }
    Ok(unpacked)
}

/// Like [`unpack`] with [`Sink::Discard`], without looking into the files.
pub fn read_release(reader: impl Read, limits: &Limits) -> Result<ReleaseInfo, TarballError> {
    let reader = BufReader::with_capacity(BUFFER, reader);
    read_with(reader, limits, &mut Scratch::default())
}

/// Reads the releases of many tarballs, one after the other, in the same memory.
#[derive(Debug, Default)]
pub struct ReleaseReader(Scratch);

impl ReleaseReader {
    /// Does what [`read_release`] does.
    pub fn read(
        &mut self,
        reader: impl BufRead,
        limits: &Limits,
    ) -> Result<ReleaseInfo, TarballError> {
        read_with(reader, limits, &mut self.0)
    }
}

fn read_with(
    reader: impl BufRead,
    limits: &Limits,
    scratch: &mut Scratch,
) -> Result<ReleaseInfo, TarballError> {
    let (_, unpacked) = read(reader, limits, Receiver::Skip, scratch)?;
    Ok(ReleaseInfo {
        metadata: unpacked.metadata,
        inner_checksum: unpacked.inner_checksum,
        outer_checksum: unpacked.outer_checksum,
        size_bytes: unpacked.size_bytes,
    })
}

/// Gives the text of the metadata too.
fn read(
    reader: impl BufRead,
    limits: &Limits,
    receiver: Receiver<'_>,
    scratch: &mut Scratch,
) -> Result<(Vec<u8>, Unpacked), TarballError> {
    let mut outer = Outer::new(reader, limits.compressed);
    let mut parts = Parts::new(limits, receiver, scratch);
    while let Some((file, size)) = outer.next_file()? {
        parts.take(&mut outer, file, size)?;
        outer.skip_padding(size)?;
    }
    let (outer_checksum, size_bytes) = outer.finish()?;
    let (text, inner_checksum, files) = parts.checked()?;
    let metadata = Metadata::from_terms(&text)?;
    let unpacked = Unpacked {
        metadata,
        inner_checksum,
        outer_checksum,
        size_bytes,
        files,
    };
    Ok((text, unpacked))
}

/// The files of a tarball, as far as they are read.
struct Parts<'a> {
    limits: &'a Limits,
    receiver: Option<Receiver<'a>>,
    scratch: &'a mut Scratch,
    version: Option<Vec<u8>>,
    checksum: Option<Vec<u8>>,
    metadata: Option<Vec<u8>>,
    contents: Option<Contents>,
}

enum Contents {
    /// They came last, as always, and were read as a stream. With the checksum over everything, and
    /// the first fault.
    Read(Sha256, Result<Vec<FileEntry>, ContentsError>),
    /// They came before what the checksum begins with.
    Held(Vec<u8>),
}

/// All four files.
struct Complete<'a> {
    scratch: &'a mut Scratch,
    version: Vec<u8>,
    checksum: Vec<u8>,
    metadata: Vec<u8>,
    contents: Contents,
}

impl<'a> Parts<'a> {
    fn new(limits: &'a Limits, receiver: Receiver<'a>, scratch: &'a mut Scratch) -> Self {
        Self {
            limits,
            receiver: Some(receiver),
            scratch,
            version: None,
            checksum: None,
            metadata: None,
            contents: None,
        }
    }

    fn take(
        &mut self,
        outer: &mut Outer<impl BufRead>,
        file: OuterFile,
        size: u64,
    ) -> Result<(), TarballError> {
        let (slot, limit) = match file {
            OuterFile::Version => (&mut self.version, MAX_VERSION),
            OuterFile::Checksum => (&mut self.checksum, MAX_CHECKSUM),
            OuterFile::Metadata => (&mut self.metadata, self.limits.metadata),
            OuterFile::Contents => return self.take_contents(outer, size),
        };
        if slot.is_some() {
            return Err(TarballError::DuplicateFile { name: file.name() });
        }
        *slot = Some(outer.small_file(file, size, limit)?);
        Ok(())
    }

    fn take_contents(
        &mut self,
        outer: &mut Outer<impl BufRead>,
        size: u64,
    ) -> Result<(), TarballError> {
        if self.contents.is_some() {
            let name = OuterFile::Contents.name();
            return Err(TarballError::DuplicateFile { name });
        }
        let start = (self.version.as_deref(), self.metadata.as_deref());
        let (Some(version), Some(metadata)) = start else {
            let data = outer.small_file(OuterFile::Contents, size, self.limits.compressed)?;
            self.contents = Some(Contents::Held(data));
            return Ok(());
        };
        check_version(version)?;
        let mut hashed = Hashed::new(outer.by_ref().take(size), version, metadata);
        let receiver = self.receiver.take().unwrap_or(Receiver::Skip);
        let files = read_contents(&mut hashed, self.limits, receiver, self.scratch);
        // After a fault the rest still counts for the checksum, which says more about a broken download.
        let rest = io::copy(&mut hashed, &mut io::sink());
        let (checksum, left) = hashed.finish();
        rest.map_err(|error| outer.fault(error))?;
        if outer.is_too_large() {
            let limit = self.limits.compressed;
            return Err(TarballError::TooLarge { limit });
        }
        if left > 0 {
            return Err(TarballError::Truncated);
        }
        if let Err(ContentsError::Gzip(GzipError::Read(error))) = files {
            return Err(TarballError::Read(error));
        }
        self.contents = Some(Contents::Read(checksum, files));
        Ok(())
    }

    /// The metadata's text, the inner checksum and the files, if all is well.
    fn checked(mut self) -> Result<(Vec<u8>, Sha256, Vec<FileEntry>), TarballError> {
        let receiver = self.receiver.take();
        let limits = self.limits;
        let found = self.complete()?;
        check_version(&found.version)?;
        let expected = parse_checksum(&found.checksum)?;
        let (actual, files) = match found.contents {
            Contents::Read(actual, files) => (actual, files),
            Contents::Held(data) => {
                let mut hashed = Hashed::new(&data[..], &found.version, &found.metadata);
                hashed.hasher.update(&data);
                let files = read_contents(
                    &data[..],
                    limits,
                    receiver.unwrap_or(Receiver::Skip),
                    found.scratch,
                );
                (hashed.hasher.finish(), files)
            }
        };
        if actual != expected {
            return Err(TarballError::ChecksumMismatch { expected, actual });
        }
        Ok((found.metadata, actual, files?))
    }

    fn complete(self) -> Result<Complete<'a>, TarballError> {
        let is_there = |file: &OuterFile| match file {
            OuterFile::Version => self.version.is_some(),
            OuterFile::Checksum => self.checksum.is_some(),
            OuterFile::Metadata => self.metadata.is_some(),
            OuterFile::Contents => self.contents.is_some(),
        };
        let missing = OuterFile::ALL.iter().filter(|file| !is_there(file));
        let names = missing.map(|file| file.name()).collect();
        match (self.version, self.checksum, self.metadata, self.contents) {
            (Some(version), Some(checksum), Some(metadata), Some(contents)) => Ok(Complete {
                scratch: self.scratch,
                version,
                checksum,
                metadata,
                contents,
            }),
            _ => Err(TarballError::MissingFiles { names }),
        }
    }
}

fn check_version(version: &[u8]) -> Result<(), TarballError> {
    match version {
        VERSION => Ok(()),
        other => Err(TarballError::BadVersion(other.escape_ascii().to_string())),
    }
}

fn parse_checksum(text: &[u8]) -> Result<Sha256, TarballError> {
    let parsed = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| TarballError::InvalidChecksum(text.escape_ascii().to_string()))
}

/// Computes the inner checksum of what is read through it.
struct Hashed<R> {
    reader: R,
    hasher: Sha256Hasher,
}

impl<R> Hashed<R> {
    fn new(reader: R, version: &[u8], metadata: &[u8]) -> Self {
        let mut hasher = Sha256Hasher::new();
        hasher.update(version);
        hasher.update(metadata);
        Self { reader, hasher }
    }
}

impl<R: BufRead> Hashed<io::Take<R>> {
    /// The checksum and how many bytes were not there.
    fn finish(self) -> (Sha256, u64) {
        (self.hasher.finish(), self.reader.limit())
    }
}

impl<R: BufRead> BufRead for Hashed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        // What was filled before stays until it is consumed, so this reads nothing.
        let filled = self.reader.fill_buf().unwrap_or_default();
        self.hasher.update(filled.get(..count).unwrap_or(filled));
        self.reader.consume(count);
    }
}

impl<R: BufRead> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
