//! The four files of a tarball, gathered and checked against each other.

use std::io::{self, BufRead, Read};

use super::hashed::Hashed;
use crate::checksum::Sha256;
use crate::gzip::GzipError;
use crate::tarball::contents::{ContentsError, FileEntry, Receiver, Root, read_contents};
use crate::tarball::error::TarballError;
use crate::tarball::outer::{Outer, OuterFile};
use crate::tarball::{Limits, Scratch};

const VERSION: &[u8] = b"3";
const MAX_VERSION: u64 = 32;
const MAX_CHECKSUM: u64 = 128;

/// The files of a tarball, as far as they are read.
pub(super) struct Parts<'a> {
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
    pub(super) fn new(
        limits: &'a Limits,
        receiver: Receiver<'a>,
        scratch: &'a mut Scratch,
    ) -> Self {
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

    pub(super) fn take(
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
        let limits = (self.limits, Root::Refused);
        let files = read_contents(&mut hashed, limits, receiver, self.scratch);
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
    pub(super) fn checked(mut self) -> Result<(Vec<u8>, Sha256, Vec<FileEntry>), TarballError> {
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
                    (limits, Root::Refused),
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
