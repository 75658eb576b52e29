//! Tarballs put together by hand, right and wrong.

use tar::{Builder, EntryType, Header};

use crate::checksum::Sha256;
use crate::gzip;
use crate::tarball::{Limits, Metadata, Sink, TarballError, Unpacked, unpack};

pub(super) const METADATA: &str = "{<<\"name\">>,<<\"ab\">>}.\n{<<\"version\">>,<<\"1.0.0\">>}.\n";

pub(super) fn check(tarball: &[u8]) -> Result<Unpacked, TarballError> {
    unpack(tarball, &Limits::default(), Sink::Discard)
}

/// The whole story of an error.
pub(super) fn story(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", story(source)),
        None => error.to_string(),
    }
}

pub(super) fn metadata() -> Metadata {
    Metadata::from_terms(METADATA.as_bytes()).unwrap()
}

/// A tar entry of any kind with any name.
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    pub(super) kind: u8,
    pub(super) target: &'a str,
    pub(super) data: &'a [u8],
}

pub(super) fn file<'a>(name: &'a str, data: &'a [u8]) -> Entry<'a> {
    let (kind, target) = (b'0', "");
    Entry {
        name: name.as_bytes(),
        kind,
        target,
        data,
    }
}

pub(super) fn link<'a>(name: &'a str, target: &'a str) -> Entry<'a> {
    let kind = b'2';
    Entry {
        kind,
        target,
        ..file(name, b"")
    }
}

pub(super) fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for entry in entries {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..entry.name.len()].copy_from_slice(entry.name);
        header.as_old_mut().linkname[..entry.target.len()].copy_from_slice(entry.target.as_bytes());
        header.set_entry_type(EntryType::new(entry.kind));
        header.set_mode(0o644);
        header.set_size(entry.data.len() as u64);
        header.set_cksum();
        tar.append(&header, entry.data).unwrap();
    }
    tar.into_inner().unwrap()
}

/// A tarball of these contents, right in everything else.
pub(super) fn package_of(contents: &[u8]) -> Vec<u8> {
    let checksum = Sha256::of(&[b"3", METADATA.as_bytes(), contents].concat()).to_string();
    tar(&[
        file("VERSION", b"3"),
        file("CHECKSUM", checksum.as_bytes()),
        file("metadata.config", METADATA.as_bytes()),
        file("contents.tar.gz", contents),
    ])
}

pub(super) fn package(entries: &[Entry<'_>]) -> Vec<u8> {
    package_of(&gzip::compress(&tar(entries)))
}
