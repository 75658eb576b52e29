//! The outer tar: four plain files, read by rules of its own.
//!
//! Tar readers disagree about extensions, and what one client checks another must not unpack. So
//! there is no extension here: fixed-size headers, octal numbers, plain files, known names.

use std::io::{self, BufRead, Read};

use super::error::TarballError;
use crate::checksum::{Sha256, Sha256Hasher};

const BLOCK: usize = 512;

/// The files of a tarball.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OuterFile {
    Version,
    Checksum,
    Metadata,
    Contents,
}

impl OuterFile {
    pub(super) const ALL: [Self; 4] = [
        Self::Version,
        Self::Checksum,
        Self::Metadata,
        Self::Contents,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Version => "VERSION",
            Self::Checksum => "CHECKSUM",
            Self::Metadata => "metadata.config",
            Self::Contents => "contents.tar.gz",
        }
    }
}

/// The tarball as a stream: hashes and counts what is taken from it.
pub(super) struct Outer<R> {
    reader: R,
    hasher: Sha256Hasher,
    read: u64,
    limit: u64,
    /// Set when reading failed because of the limit.
    is_too_large: bool,
}

impl<R: BufRead> BufRead for Outer<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read > self.limit {
            self.is_too_large = true;
            return Err(io::Error::other("tarball"));
        }
        self.reader.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        // What was filled before stays until it is consumed, so this reads nothing.
        let filled = self.reader.fill_buf().unwrap_or_default();
        self.hasher.update(filled.get(..count).unwrap_or(filled));
        self.read = self.read.saturating_add(count as u64);
        self.reader.consume(count);
    }
}

impl<R: BufRead> Read for Outer<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> Outer<R> {
    pub(super) fn new(reader: R, limit: u64) -> Self {
        Self {
            reader,
            hasher: Sha256Hasher::new(),
            read: 0,
            limit,
            is_too_large: false,
        }
    }

    /// The next file and its size; nothing at the end of the archive, which must be the end of the
    /// data too.
    pub(super) fn next_file(&mut self) -> Result<Option<(OuterFile, u64)>, TarballError> {
        let offset = self.read;
        let Some(block) = self.block()? else {
            return Err(match offset {
                0 => TarballError::Empty,
                _ => TarballError::Truncated,
            });
        };
        if block.iter().all(|byte| *byte == 0) {
            self.rest_is_zero()?;
            return match offset {
                0 => Err(TarballError::Empty),
                _ => Ok(None),
            };
        }
        let header = Header(&block);
        if !header.is_intact() {
            return Err(match offset {
                0 => TarballError::NotATar,
                _ => TarballError::CorruptHeader { offset },
            });
        }
        let size = header.size();
        let size = size.ok_or(TarballError::CorruptHeader { offset })?;
        if size > self.limit {
            return Err(TarballError::TooLarge { limit: self.limit });
        }
        Ok(Some((header.file()?, size)))
    }

    /// The data of a small file of `size` bytes.
    pub(super) fn small_file(
        &mut self,
        file: OuterFile,
        size: u64,
        limit: u64,
    ) -> Result<Vec<u8>, TarballError> {
        if size > limit {
            let name = file.name();
            return Err(TarballError::FileTooLarge { name, limit });
        }
        let mut data = Vec::new();
        let count = self.by_ref().take(size).read_to_end(&mut data);
        let count = count.map_err(|error| self.fault(error))?;
        match count as u64 == size {
            true => Ok(data),
            false => Err(TarballError::Truncated),
        }
    }

    /// Passes what fills the last block of a file of `size` bytes.
    pub(super) fn skip_padding(&mut self, size: u64) -> Result<(), TarballError> {
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        let mut block = [0; BLOCK];
        self.read_exact(&mut block[..padding as usize])
            .map_err(|error| self.fault(error))
    }

    /// Everything read: its checksum and its size in bytes.
    pub(super) fn finish(self) -> Result<(Sha256, u64), TarballError> {
        match self.read > self.limit {
            true => Err(TarballError::TooLarge { limit: self.limit }),
            false => Ok((self.hasher.finish(), self.read)),
        }
    }

    /// What an error of `read` means.
    pub(super) fn fault(&self, error: io::Error) -> TarballError {
        match error.kind() {
            _ if self.is_too_large => TarballError::TooLarge { limit: self.limit },
            io::ErrorKind::UnexpectedEof => TarballError::Truncated,
            _ => TarballError::Read(error),
        }
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.is_too_large
    }

    /// The next block; nothing at the end of the data.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, TarballError> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) if self.read <= BLOCK as u64 => return Err(TarballError::NotATar),
                Ok(0) => return Err(TarballError::Truncated),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fault(error)),
            }
        }
        Ok(Some(block))
    }

    fn rest_is_zero(&mut self) -> Result<(), TarballError> {
        let mut buffer = [0; 4096];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) if buffer[..count].iter().all(|byte| *byte == 0) => {}
                Ok(_) => return Err(TarballError::TrailingData),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fault(error)),
            }
        }
    }
}

/// A tar header. The fields that matter are at the same place in every dialect.
struct Header<'a>(&'a [u8; BLOCK]);

impl Header<'_> {
    fn is_intact(&self) -> bool {
        let sum = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        // The checksum is made as if its own eight bytes were spaces.
        let actual = sum(&self.0[..148]) + 8 * u64::from(b' ') + sum(&self.0[156..]);
        octal(&self.0[148..156]) == Some(actual)
    }

    fn size(&self) -> Option<u64> {
        octal(&self.0[124..136])
    }

    fn file(&self) -> Result<OuterFile, TarballError> {
        let name = until_nul(&self.0[..100]);
        let shown = || name.escape_ascii().to_string();
        let kind = self.0[156];
        if !matches!(kind, b'0' | 0) {
            return Err(TarballError::NotAFile {
                name: shown(),
                kind: char::from(kind),
            });
        }
        let has_prefix = self.0[345..500].iter().any(|byte| *byte != 0);
        OuterFile::ALL
            .into_iter()
            .find(|file| !has_prefix && file.name().as_bytes() == name)
            .ok_or_else(|| TarballError::UnexpectedFile { name: shown() })
    }
}

fn until_nul(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0);
    &field[..end.unwrap_or(field.len())]
}

/// An octal number between spaces and zero bytes.
fn octal(field: &[u8]) -> Option<u64> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_blank(byte))?;
    let field = &field[start..];
    let end = field.iter().position(is_blank).unwrap_or(field.len());
    if !field[end..].iter().all(is_blank) {
        return None;
    }
    field[..end]
        .iter()
        .try_fold(0_u64, |number, digit| match digit {
            b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(*digit - b'0')),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_numbers() {
        for (field, number) in [
            (&b"00000000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"0\0", Some(0)),
            (b"\0\0\0", None),
            (b"12 3\0", None),
            (b"8\0", None),
            (b"\x80\0\0\x01", None),
            (b"-1\0", None),
            (b"7777777777777777777777777", None),
        ] {
            assert_eq!(octal(field), number, "{field:?}");
        }
    }
}
