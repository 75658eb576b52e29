//! Whether a tarball is the one that the registry lists.

use std::io::Read;

use skep_formats::checksum::Sha256;
use skep_formats::registry::Release;
use skep_formats::tarball::{Limits, read_release};

use crate::error::VerifyError;

/// Compares with the checksum of the whole tarball; old registries have only the one over its contents.
pub(super) fn check(tarball: &[u8], release: &Release) -> Result<(), VerifyError> {
    match release.outer_checksum {
        Some(expected) => compare(Sha256::of(tarball), expected),
        None => check_inner(tarball, Sha256::of(tarball), release),
    }
}

pub(super) fn compare(found: Sha256, expected: Sha256) -> Result<(), VerifyError> {
    match found == expected {
        true => Ok(()),
        false => Err(VerifyError::Checksum { expected, found }),
    }
}

/// `outer` is the checksum of the whole `tarball`.
pub(super) fn check_inner(
    tarball: impl Read,
    outer: Sha256,
    release: &Release,
) -> Result<(), VerifyError> {
    let expected = release.inner_checksum;
    match read_release(tarball, &Limits::default()) {
        Ok(info) => compare(info.inner_checksum, expected),
        // What is no tarball has no inner checksum; its outer one says at least what was received.
        Err(_) => compare(outer, expected),
    }
}
