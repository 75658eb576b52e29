//! TLS on a connection: agreed on with the client before anything else, within a bound, and beside the
//! accept loop.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::tls::Current;

/// How long a client may take to agree.
const AGREE_WITHIN: Duration = Duration::from_secs(10);
/// To a client that speaks HTTP without TLS, as the method it begins with tells.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 40\r\nconnection: close\r\n\r\nthis port speaks https: begin with that\n";

/// A connection, encrypted or not.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Agrees on TLS.
///
/// # Errors
/// The client does not, or takes too long.
pub(super) async fn agree(tls: &Current, stream: TcpStream) -> io::Result<Stream> {
    tokio::time::timeout(AGREE_WITHIN, agreed(tls, stream)).await?
}

async fn agreed(tls: &Current, mut stream: TcpStream) -> io::Result<Stream> {
    let mut first = [0; 1];
    // What TLS begins with is no letter.
    if stream.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase() {
        stream.write_all(PLAIN).await?;
        stream.shutdown().await?;
        return Err(io::Error::other("the client speaks HTTP without TLS"));
    }
    let acceptor = TlsAcceptor::from(tls.load().server.clone());
    let stream = acceptor.accept(stream).await?;
    Ok(Stream::Tls(Box::new(stream)))
}

/// Does the same with whichever stream it is.
macro_rules! either {
    ($stream:expr, $method:ident($($argument:expr),*)) => {
        match $stream {
            Stream::Plain(stream) => Pin::new(stream).$method($($argument),*),
            Stream::Tls(stream) => Pin::new(&mut **stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(&mut *self, poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(&mut *self, poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(&mut *self, poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(&mut *self, poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(&mut *self, poll_shutdown(context))
    }
}
