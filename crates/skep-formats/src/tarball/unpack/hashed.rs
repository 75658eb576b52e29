//! The checksum inside a tarball, computed while its contents are read.

use std::io::{self, BufRead, Read};

use crate::checksum::{Sha256, Sha256Hasher};

/// Computes the inner checksum of what is read through it.
pub(super) struct Hashed<R> {
    reader: R,
    pub(super) hasher: Sha256Hasher,
}

impl<R> Hashed<R> {
    pub(super) fn new(reader: R, version: &[u8], metadata: &[u8]) -> Self {
        let mut hasher = Sha256Hasher::new();
        hasher.update(version);
        hasher.update(metadata);
        Self { reader, hasher }
    }
}

impl<R: BufRead> Hashed<io::Take<R>> {
    /// The checksum and how many bytes were not there.
    pub(super) fn finish(self) -> (Sha256, u64) {
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
