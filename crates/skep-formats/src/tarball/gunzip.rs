//! Gzip as a stream, with memory that is used again for the next file.
//!
//! The decompressor of the library makes its state and window anew for every file, which costs more
//! than a small package itself. One member only: what follows it is the caller's to refuse.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

const OUTPUT: usize = 64 * 1024;
const DEFLATE: u8 = 8;

/// The memory for reading one gzip after the other.
#[derive(Debug)]
pub(crate) struct Scratch {
    inflate: Decompress,
    output: Vec<u8>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            inflate: Decompress::new(false),
            output: vec![0; OUTPUT],
        }
    }
}

/// What comes out of a gzip.
pub(super) struct Gunzip<'a, R> {
    input: R,
    scratch: &'a mut Scratch,
    /// The part of the output that is not taken yet.
    ready: std::ops::Range<usize>,
    crc: Crc,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Data,
    Done,
}

impl<'a, R: BufRead> Gunzip<'a, R> {
    pub(super) fn new(input: R, scratch: &'a mut Scratch) -> Self {
        scratch.inflate.reset(false);
        Self {
            input,
            scratch,
            ready: 0..0,
            crc: Crc::new(),
            stage: Stage::Header,
        }
    }

    pub(super) fn into_input(self) -> R {
        self.input
    }

    /// Fills the output with what comes next; nothing at the end.
    fn fill(&mut self) -> io::Result<()> {
        if self.stage == Stage::Header {
            self.header()?;
            self.stage = Stage::Data;
        }
        self.ready = 0..0;
        while self.stage == Stage::Data && self.ready.is_empty() {
            let input = self.input.fill_buf()?;
            let is_end = input.is_empty();
            let (taken, made) = (
                self.scratch.inflate.total_in(),
                self.scratch.inflate.total_out(),
            );
            let output = &mut self.scratch.output;
            let inflate = &mut self.scratch.inflate;
            let status = inflate.decompress(input, output, FlushDecompress::None);
            let status =
                status.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let taken = (inflate.total_in() - taken) as usize;
            let made = (inflate.total_out() - made) as usize;
            self.input.consume(taken);
            self.crc.update(&self.scratch.output[..made]);
            self.ready = 0..made;
            if status == Status::StreamEnd {
                self.trailer()?;
                self.stage = Stage::Done;
            } else if is_end && made == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// RFC 1952, section 2.3.
    fn header(&mut self) -> io::Result<()> {
        let [magic @ .., method, flags] = self.bytes::<4>()?;
        if magic != [0x1f, 0x8b] || method != DEFLATE || flags & 0xe0 != 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        // Time, compression level and operating system.
        self.bytes::<6>()?;
        if flags & 4 != 0 {
            let length = u16::from_le_bytes(self.bytes()?);
            for _ in 0..length {
                self.bytes::<1>()?;
            }
        }
        for text in [8, 16] {
            // A name and a comment, each ended by a zero byte.
            while flags & text != 0 && self.bytes()? != [0] {}
        }
        if flags & 2 != 0 {
            self.bytes::<2>()?;
        }
        Ok(())
    }

    fn trailer(&mut self) -> io::Result<()> {
        let crc = u32::from_le_bytes(self.bytes()?);
        let length = u32::from_le_bytes(self.bytes()?);
        match crc == self.crc.sum() && length == self.crc.amount() {
            true => Ok(()),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: BufRead> Read for Gunzip<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            self.fill()?;
        }
        let count = self.ready.len().min(buffer.len());
        let start = self.ready.start;
        buffer[..count].copy_from_slice(&self.scratch.output[start..start + count]);
        self.ready.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;

    use super::*;

    fn gunzip(data: &[u8], scratch: &mut Scratch) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        // Byte by byte, as a slow network delivers.
        let input = io::BufReader::with_capacity(1, data);
        Gunzip::new(input, scratch).read_to_end(&mut out)?;
        Ok(out)
    }

    fn with_every_field(data: &[u8]) -> Vec<u8> {
        let builder = GzBuilder::new()
            .extra("extra")
            .filename("name")
            .comment("comment");
        let mut encoder = builder.write(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_header_is_read_and_cut_off_nothing_is() {
        let mut scratch = Scratch::default();
        let file = with_every_field(b"some text, some text");
        assert_eq!(
            gunzip(&file, &mut scratch).unwrap(),
            b"some text, some text"
        );
        for end in 0..file.len() {
            let error = gunzip(&file[..end], &mut scratch).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end}");
        }
        for at in [0, 1, 2, 3, file.len() - 1, file.len() - 8] {
            let mut wrong = file.clone();
            wrong[at] ^= 0x80;
            let error = gunzip(&wrong, &mut scratch).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{at}");
        }
        assert_eq!(
            gunzip(&file, &mut scratch).unwrap().len(),
            20,
            "still usable"
        );
    }

    proptest! {
        #[test]
        fn it_reads_what_others_write(data: Vec<u8>, times in 1..2000_usize) {
            let data = data.repeat(times);
            let out = gunzip(&with_every_field(&data), &mut Scratch::default()).unwrap();
            prop_assert_eq!(out, data);
        }
    }
}
