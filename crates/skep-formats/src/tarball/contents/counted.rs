//! Counts what comes out of the gzip, and remembers why it ended.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

use crate::gzip::{self, GzipError};

/// What the reader below the archive knows and the archive does not.
#[derive(Default)]
pub(super) struct State {
    /// How many bytes came out of the gzip.
    pub(super) read: Cell<u64>,
    /// Why reading failed.
    pub(super) fault: RefCell<Option<GzipError>>,
}

/// Decompressed data up to a limit.
pub(super) struct Counted<'a, R> {
    pub(super) inner: R,
    pub(super) limit: u64,
    pub(super) state: &'a State,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer);
        let fault = match count {
            Ok(count) => {
                let read = self.state.read.get().saturating_add(count as u64);
                self.state.read.set(read);
                if read <= self.limit {
                    return Ok(count);
                }
                GzipError::TooLarge { limit: self.limit }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => gzip::fault(error),
        };
        *self.state.fault.borrow_mut() = Some(fault);
        Err(io::Error::other("contents"))
    }
}
