//! What sends requests: a trait for those who bring their own HTTP library, one for blocking callers, and the errors.
//!
//! Everything that this crate sends is made by a `*_request` function and read by a `*_response` function. Whoever has a
//! way to send needs neither these traits nor [`transport`](crate::transport).

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use skep_formats::gzip::GzipError;

pub use crate::body::{Body, Progress};
use crate::shown_url::ShownUrl;

/// How many bytes an answer may have where the request does not say.
pub const DEFAULT_MAX_RESPONSE_BYTES: u64 = 16 * 1024 * 1024;

/// How many bytes the answer may have, after unpacking: noted in a request's extensions by the function that makes it,
/// and obeyed by the client that sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxResponseBytes(pub u64);

impl MaxResponseBytes {
    /// What `request` says, or [`DEFAULT_MAX_RESPONSE_BYTES`].
    pub fn of<B>(request: &Request<B>) -> Self {
        let noted = request.extensions().get::<Self>();
        noted.copied().unwrap_or(Self(DEFAULT_MAX_RESPONSE_BYTES))
    }
}

/// Noted in the extensions of requests whose answer may be compressed on the way. The client then sends
/// `Accept-Encoding: gzip` and unpacks what has this `Content-Encoding`. Registry files and tarballs come as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptGzip;

/// Sends requests. The answer of the server is no error, whatever its status.
///
/// An implementation follows redirects without giving `Authorization` and `x-hex-otp` to another origin, and bounds the
/// answer's size ([`MaxResponseBytes`]) and its time. It may ask for a compressed answer where the request has
/// [`AcceptGzip`] among its extensions, and nowhere else: registry files are gzip by themselves.
pub trait HttpClient: Sync {
    /// Sends `request` and receives the whole answer.
    fn send(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Bytes>, SendError>> + Send;

    /// Sends `request` and gives the body of a good answer (2xx) to `sink`, piece by piece; the answer comes back
    /// without it. Other answers come back whole, and `sink` sees nothing of them.
    ///
    /// Unless implemented, the whole body is in memory once.
    fn send_to(
        &self,
        request: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> impl Future<Output = Result<Response<Bytes>, SendError>> + Send {
        async move {
            let url = ShownUrl::of_request(&request);
            let mut response = self.send(request).await?;
            give_whole(&mut response, sink).map_err(|source| SendError::Sink { url, source })?;
            Ok(response)
        }
    }
}

/// Sends requests and waits for the answer; otherwise as [`HttpClient`].
pub trait BlockingHttpClient: Sync {
    /// Sends `request` and receives the whole answer.
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError>;

    /// As [`HttpClient::send_to`].
    fn send_to(
        &self,
        request: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> Result<Response<Bytes>, SendError> {
        let url = ShownUrl::of_request(&request);
        let mut response = self.send(request)?;
        give_whole(&mut response, sink).map_err(|source| SendError::Sink { url, source })?;
        Ok(response)
    }
}

fn give_whole(response: &mut Response<Bytes>, sink: &mut (dyn Sink + Send)) -> io::Result<()> {
    if response.status().is_success() {
        sink.restart()?;
        sink.write(&std::mem::take(response.body_mut()))?;
    }
    Ok(())
}

/// Where the body of a large answer goes.
pub trait Sink {
    /// Takes the next piece.
    fn write(&mut self, piece: &[u8]) -> io::Result<()>;

    /// Forgets what was written: the body comes from its beginning. Called before the first piece and for each retry.
    fn restart(&mut self) -> io::Result<()>;
}

impl Sink for Vec<u8> {
    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.extend_from_slice(piece);
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }
}

impl<C: HttpClient + Send + Sync + ?Sized> HttpClient for &C {
    fn send(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Bytes>, SendError>> + Send {
        (**self).send(request)
    }

    fn send_to(
        &self,
        request: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> impl Future<Output = Result<Response<Bytes>, SendError>> + Send {
        (**self).send_to(request, sink)
    }
}

impl<C: BlockingHttpClient + ?Sized> BlockingHttpClient for &C {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        (**self).send(request)
    }

    fn send_to(
        &self,
        request: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> Result<Response<Bytes>, SendError> {
        (**self).send_to(request, sink)
    }
}

/// A blocking client where an [`HttpClient`] is asked for: its futures are done when they are polled for the first time,
/// so that [`run`] can drive everything that only waits for answers.
#[derive(Debug, Clone, Copy)]
pub struct Blocking<C>(pub C);

impl<C: BlockingHttpClient> HttpClient for Blocking<C> {
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        self.0.send(request)
    }

    async fn send_to(
        &self,
        request: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> Result<Response<Bytes>, SendError> {
        self.0.send_to(request, sink)
    }
}

/// Runs a future that waits for nothing but a [`Blocking`] client.
///
/// # Panics
/// It waits for something else, such as a timer.
///
/// ```
/// # use skep_client::http_client::run;
/// assert_eq!(run(async { 6 * 7 }), 42);
/// ```
pub fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => {
            panic!("`run` is for futures that wait for nothing but a `Blocking` client")
        }
    }
}

/// The error of an HTTP library.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no answer. URLs are shown without credentials and query.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The client could not be set up.
    #[error("the HTTP client could not be started")]
    Start(#[source] BoxError),
    /// No connection.
    #[error("`{url}` could not be reached")]
    Connect {
        /// What was asked for.
        url: ShownUrl,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The server took too long, at any point.
    #[error("`{url}` did not answer in time")]
    Timeout {
        /// What was asked for.
        url: ShownUrl,
    },
    /// The connection broke, or the answer is not HTTP.
    #[error("the answer of `{url}` broke off or is not HTTP")]
    Broken {
        /// What was asked for.
        url: ShownUrl,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// More than the caller wants to have.
    #[error("the answer of `{url}` has more than `{limit}` bytes")]
    TooLarge {
        /// What was asked for.
        url: ShownUrl,
        /// The number of bytes allowed.
        limit: u64,
    },
    /// The body is not as compressed as the answer says.
    #[error("the answer of `{url}` cannot be unpacked")]
    Encoding {
        /// What was asked for.
        url: ShownUrl,
        /// Why.
        #[source]
        source: GzipError,
    },
    /// A redirect that is not followed.
    #[error("`{url}` redirects in a way that is not followed: {reason}")]
    Redirect {
        /// What was asked for.
        url: ShownUrl,
        /// Why not.
        reason: RedirectError,
    },
    /// What was received could not be stored.
    #[error("what `{url}` sent could not be stored")]
    Sink {
        /// What was asked for.
        url: ShownUrl,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something that only another [`HttpClient`] knows.
    #[error("the request could not be sent")]
    Other(#[source] BoxError),
}

/// Why a redirect is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// It comes back to where it was.
    #[error("it leads in a circle")]
    Circle,
    /// One after another.
    #[error("there are more than `{limit}` of them")]
    TooMany {
        /// How many are followed.
        limit: usize,
    },
    /// There is no URL, or none that can be asked.
    #[error("it does not say where to")]
    NoTarget,
    /// It would turn a `POST` into a `GET`, which asks for something else.
    #[error("it would repeat the request with another method")]
    Method,
    /// From `https` to `http`.
    #[error("it leads from https to http")]
    Insecure,
    /// A body, which may hold a secret, would go to another server.
    #[error("it would send the body to `{origin}`")]
    BodyElsewhere {
        /// The other server.
        origin: String,
    },
}

impl SendError {
    /// Whether the server took too long.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }
}
