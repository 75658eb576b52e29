//! One tarball to one release of the registry.

use std::io::Read as _;
use std::path::Path;

use fs_err::File;
use skep_formats::registry::Release;
use skep_formats::tarball::{Limits, ReleaseInfo, ReleaseReader, TarballError, dependencies};

use super::manifest::Stamp;

/// How often a tarball that changes while it is read is read again.
const ATTEMPTS: usize = 3;

/// Why a tarball is not in the registry.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReleaseError {
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Tarball(#[from] TarballError),
    #[error("it holds `{name}` `{version}`, so it should be called `{name}-{version}.tar`")]
    WrongName { name: String, version: String },
    #[error("it is being written: build again when it is complete")]
    BeingWritten,
}

/// Reads tarballs one after the other, in the same memory.
#[derive(Debug, Default)]
pub(super) struct Reader {
    reader: ReleaseReader,
    data: Vec<u8>,
}

impl Reader {
    /// Reads a tarball that had the stamp `before`, and gives the one it had while it was read.
    pub(super) fn read(
        &mut self,
        path: &Path,
        mut before: Stamp,
        source: &Source<'_>,
    ) -> Result<(Release, Stamp), ReleaseError> {
        for _ in 0..ATTEMPTS {
            let info = self.info(path);
            // Of the path, not of the open file: another one may have taken its place.
            let after = Stamp::of(&fs_err::metadata(path)?);
            if after == before {
                return Ok((source.release(&info?)?, before));
            }
            before = after;
        }
        Err(ReleaseError::BeingWritten)
    }

    fn info(&mut self, path: &Path) -> Result<ReleaseInfo, ReleaseError> {
        let limits = Limits::default();
        self.data.clear();
        // One byte more than is allowed shows that there is more.
        let file = File::open(path)?;
        file.take(limits.compressed + 1)
            .read_to_end(&mut self.data)?;
        Ok(self.reader.read(&self.data[..], &limits)?)
    }
}

/// What a tarball should hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) repository: &'a str,
    pub(super) package: &'a str,
    pub(super) version: &'a str,
}

impl Source<'_> {
    fn release(&self, info: &ReleaseInfo) -> Result<Release, ReleaseError> {
        let metadata = &info.metadata;
        if metadata.name != self.package || metadata.version != self.version {
            return Err(ReleaseError::WrongName {
                name: metadata.name.clone(),
                version: metadata.version.clone(),
            });
        }
        Ok(Release {
            version: self.version.to_owned(),
            inner_checksum: info.inner_checksum,
            outer_checksum: Some(info.outer_checksum),
            dependencies: dependencies(metadata, self.repository),
            retired: None,
            advisory_indexes: Vec::new(),
            published_at: None,
        })
    }
}

#[cfg(test)]
mod tests;
