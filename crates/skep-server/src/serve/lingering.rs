//! A connection that is closed without losing its last answer. Whoever closes a socket while the other
//! side is still sending makes the kernel reset it, and then the answer is lost: so first only our side
//! is closed, and what still comes is thrown away for a while.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long a client may go on sending.
const WITHIN: Duration = Duration::from_secs(5);
/// How much of it is thrown away.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const BLOCK_BYTES: usize = 16 * 1024;

/// A stream whose end waits for the client's, when it has to.
#[derive(Debug)]
pub(super) struct Lingering {
    stream: TcpStream,
    is_wanted: Arc<AtomicBool>,
    is_shut: bool,
    left: u64,
    until: Option<Pin<Box<Sleep>>>,
}

impl Lingering {
    /// Lingers at its end if by then somebody has set the flag.
    pub(super) fn new(stream: TcpStream, is_wanted: Arc<AtomicBool>) -> Self {
        Self {
            stream,
            is_wanted,
            is_shut: false,
            left: MAX_BYTES,
            until: None,
        }
    }

    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(until) = &mut self.until else {
            return Poll::Ready(());
        };
        if until.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut block = [0; BLOCK_BYTES];
        loop {
            let mut read = ReadBuf::new(&mut block);
            let polled = Pin::new(&mut self.stream).poll_read(context, &mut read);
            let is_over = ready!(polled).is_err() || read.filled().is_empty();
            self.left = self.left.saturating_sub(read.filled().len() as u64);
            if is_over || self.left == 0 {
                return Poll::Ready(());
            }
        }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.is_shut = true;
            if self.is_wanted.load(Ordering::Relaxed) {
                self.until = Some(Box::pin(tokio::time::sleep(WITHIN)));
            }
        }
        self.poll_rest(context).map(Ok)
    }
}
