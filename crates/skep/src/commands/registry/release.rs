//! One tarball to one release of the registry.

use std::path::Path;

use fs_err::File;
use skep_formats::registry::Release;
use skep_formats::tarball::{Limits, TarballError, dependencies, read_release};

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

/// Reads the tarball of a release and what its stamp was while it did not change.
pub(super) fn read(
    path: &Path,
    repository: &str,
    package: &str,
    version: &str,
) -> Result<(Release, Stamp), ReleaseError> {
    for _ in 0..ATTEMPTS {
        let file = File::open(path)?;
        let before = Stamp::of(&file.metadata()?);
        let info = read_release(file, &Limits::default());
        // Of the path, not of the open file: another one may have taken its place.
        if Stamp::of(&fs_err::metadata(path)?) != before {
            continue;
        }
        let info = info?;
        let metadata = &info.metadata;
        if metadata.name != package || metadata.version != version {
            return Err(ReleaseError::WrongName {
                name: metadata.name.clone(),
                version: metadata.version.clone(),
            });
        }
        let release = Release {
            version: version.to_owned(),
            inner_checksum: info.inner_checksum,
            outer_checksum: Some(info.outer_checksum),
            dependencies: dependencies(metadata, repository),
            retired: None,
            advisory_indexes: Vec::new(),
            published_at: None,
        };
        return Ok((release, before));
    }
    Err(ReleaseError::BeingWritten)
}
