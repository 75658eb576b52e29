//! A connection that is patient in two ways, both within bounds.
//!
//! It is closed without losing its last answer. Whoever closes a socket while the other side is still
//! sending makes the kernel reset it, and then the answer is lost: so first only our side is closed, and
//! what still comes is thrown away for a while.
//!
//! And it waits for a client that takes its time to read, but not for one that has stopped.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::signals::Signals;
use super::tls::Stream;

/// How long a client may go on sending.
const WITHIN: Duration = Duration::from_secs(5);
/// How much of it is thrown away.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const BLOCK_BYTES: usize = 16 * 1024;

/// A stream whose end waits for the client's, when it has to.
#[derive(Debug)]
pub(super) struct Lingering {
    stream: Stream,
    signals: Arc<Signals>,
    is_shut: bool,
    left: u64,
    until: Option<Pin<Box<Sleep>>>,
    stall: Stall,
}

/// Whether a client that does not take what is written has stopped reading. Costs nothing until one does
/// not, and seldom something then: the alarm is set once for many waits.
#[derive(Debug)]
struct Stall {
    limit: Duration,
    written: u32,
    /// What had been written when the alarm was set.
    mark: u32,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Stall {
    /// Ready when nothing was written for the limit, or up to twice as long.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let (limit, written) = (self.limit, self.written);
            let alarm = self.alarm.get_or_insert_with(|| {
                self.mark = written;
                Box::pin(sleep(limit))
            });
            ready!(alarm.as_mut().poll(context));
            if self.mark == written {
                return Poll::Ready(());
            }
            self.mark = written;
            alarm.as_mut().set(sleep(limit));
        }
    }
}

impl Lingering {
    /// Lingers at its end if by then somebody has asked for it; gives up on a client that takes nothing
    /// for `limit`.
    pub(super) fn new(stream: Stream, signals: Arc<Signals>, limit: Duration) -> Self {
        Self {
            stream,
            signals,
            is_shut: false,
            left: MAX_BYTES,
            until: None,
            stall: Stall {
                limit,
                written: 0,
                mark: 0,
                alarm: None,
            },
        }
    }

    /// What became of writing, unless it has been waiting for too long.
    fn written(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if polled.is_ready() {
            self.signals.moved();
            self.stall.written = self.stall.written.wrapping_add(1);
            return polled;
        }
        ready!(self.stall.poll(context));
        let text = "the client has stopped reading";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, text)))
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
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_ready() {
            self.signals.moved();
        }
        polled
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.written(context, polled)
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
            if self.signals.is_lingering() {
                self.until = Some(Box::pin(sleep(WITHIN)));
            }
        }
        self.poll_rest(context).map(Ok)
    }
}
