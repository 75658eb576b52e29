//! Reading a package tarball.

mod hashed;
mod parts;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::contents::{FileEntry, Receiver};
use super::error::TarballError;
use super::outer::Outer;
use super::{Extraction, Limits, Metadata, Scratch};
use crate::checksum::Sha256;
use parts::Parts;

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
