//! Bodies of requests, watched: an answer that comes before all of a body was read has to end its
//! connection, and must not be lost with it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONNECTION;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// In the extensions of an answer: the client may still be sending what nobody reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unread;

/// A body that tells whether it was read to its end.
#[derive(Debug)]
pub(crate) struct Watched {
    body: Incoming,
    has_ended: Arc<AtomicBool>,
}

/// What is known of a [`Watched`] body that somebody else has.
#[derive(Debug)]
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watched {
    /// Watches a body.
    pub(crate) fn new(body: Incoming) -> (Self, Watch) {
        let has_ended = Arc::new(AtomicBool::new(body.is_end_stream()));
        let watch = Watch(Arc::clone(&has_ended));
        (Self { body, has_ended }, watch)
    }
}

impl Watch {
    /// Marks an answer that came before the body was read: its connection is not used again, so the
    /// client need not send the rest.
    pub(crate) fn mark(&self, response: &mut Response) {
        if !self.0.load(Ordering::Relaxed) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
            response.extensions_mut().insert(Unread);
        }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.has_ended.store(true, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
