//! Gzip with a limit on what comes out, and without a time in what goes out.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Deflate, no fields, no time, nothing said about compression level and operating system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Why data could not be decompressed.
#[derive(Debug, thiserror::Error)]
pub enum GzipError {
    /// The data does not begin as gzip does.
    #[error("the data is not gzip")]
    NotGzip,
    /// The data ends in the middle, or there is none.
    #[error("the gzip data is truncated")]
    Truncated,
    /// A checksum, a length or a code inside is wrong, or something that is not gzip follows.
    #[error("the gzip data is corrupt")]
    Corrupt,
    /// More comes out than allowed.
    #[error("the gzip data unpacks to more than `{limit}` bytes")]
    TooLarge {
        /// The number of bytes allowed.
        limit: u64,
    },
    /// The reader failed.
    #[error("the gzip data could not be read")]
    Read(#[source] io::Error),
}

/// Compresses `data`. Equal data gives equal bytes: the header has no time and no file name.
pub fn compress(data: &[u8]) -> Vec<u8> {
    Compressor::default().compress(data)
}

/// Compresses one file after the other in the same memory, of some 300 KB. For small files, making it
/// anew is most of the work.
#[derive(Debug)]
pub struct Compressor(Compress);

impl Default for Compressor {
    fn default() -> Self {
        Self(Compress::new(Compression::default(), false))
    }
}

impl Compressor {
    /// Does what [`compress`] does.
    pub fn compress(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len() / 2 + 64);
        out.extend(HEADER);
        self.0.reset();
        loop {
            let taken = self.0.total_in() as usize;
            let finish = FlushCompress::Finish;
            let status = self.0.compress_vec(&data[taken..], &mut out, finish);
            let status = status.expect("a compressor that was reset takes any data");
            if status == Status::StreamEnd {
                break;
            }
            out.reserve(out.capacity().max(1024));
        }
        let mut crc = Crc::new();
        crc.update(data);
        out.extend(crc.sum().to_le_bytes());
        out.extend(crc.amount().to_le_bytes());
        out
    }
}

/// Decompresses everything `compressed` holds, which may be several gzip members in a row.
/// Memory stays within about twice `limit`, which counts the bytes that come out.
pub fn decompress(mut compressed: impl BufRead, limit: u64) -> Result<Vec<u8>, GzipError> {
    check_magic(&mut compressed)?;
    let mut out = Vec::new();
    MultiGzDecoder::new(compressed)
        .take(limit.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(fault)?;
    if out.len() as u64 > limit {
        return Err(GzipError::TooLarge { limit });
    }
    Ok(out)
}

pub(crate) fn check_magic(compressed: &mut impl BufRead) -> Result<(), GzipError> {
    let start = compressed.fill_buf().map_err(GzipError::Read)?;
    if start.is_empty() {
        return Err(GzipError::Truncated);
    }
    if start.iter().zip(MAGIC).any(|(got, want)| *got != want) {
        return Err(GzipError::NotGzip);
    }
    Ok(())
}

/// Sorts what flate2 reports, which says by its kind alone what happened.
pub(crate) fn fault(error: io::Error) -> GzipError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => GzipError::Truncated,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => GzipError::Corrupt,
        _ => GzipError::Read(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_data_gives_equal_bytes_without_a_time() {
        let file = compress(b"hello");
        assert_eq!(file, compress(b"hello"));
        assert_eq!(file[4..8], [0; 4]);
    }

    #[test]
    fn members_in_a_row_are_one_text() {
        let both = [compress(b"one "), compress(b"two")].concat();
        assert_eq!(decompress(&both[..], 7).unwrap(), b"one two");
    }

    #[test]
    fn the_limit_is_exact() {
        let file = compress(&[7; 1000]);
        assert_eq!(decompress(&file[..], 1000).unwrap().len(), 1000);
        let error = decompress(&file[..], 999).unwrap_err();
        assert!(matches!(error, GzipError::TooLarge { limit: 999 }));
    }

    #[test]
    fn every_way_to_be_wrong_has_its_own_error() {
        let file = compress(b"some text, some text");
        let mut corrupt = file.clone();
        let crc = corrupt.len() - 8;
        corrupt[crc] ^= 1;
        assert!(matches!(decompress(&b""[..], 9), Err(GzipError::Truncated)));
        assert!(matches!(decompress(&b"PK"[..], 9), Err(GzipError::NotGzip)));
        assert!(matches!(
            decompress(&corrupt[..], 99),
            Err(GzipError::Corrupt)
        ));
        let trailing = [&file[..], b"garbage"].concat();
        assert!(decompress(&trailing[..], 99).is_err());
        for end in 1..file.len() {
            let error = decompress(&file[..end], 99).unwrap_err();
            assert!(matches!(error, GzipError::Truncated), "{end}: {error}");
        }
    }

    #[test]
    fn memory_used_again_changes_nothing() {
        let mut compressor = Compressor::default();
        let long: Vec<u8> = (0..100_000_u32)
            .flat_map(|number| number.wrapping_mul(number).to_le_bytes())
            .collect();
        for data in [&long[..], b"", b"hello", &long] {
            assert_eq!(compressor.compress(data), compress(data));
            assert_eq!(
                decompress(&compress(data)[..], data.len() as u64).unwrap(),
                data
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(data: Vec<u8>) {
            prop_assert_eq!(decompress(&compress(&data)[..], data.len() as u64).unwrap(), data);
        }

        #[test]
        fn no_input_panics(mut data: Vec<u8>, magic: bool) {
            if magic {
                data.splice(0..0, [0x1f, 0x8b, 8]);
            }
            let _ = decompress(&data[..], 1 << 16);
        }
    }
}
