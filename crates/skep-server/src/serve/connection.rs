//! The connections of a node, from their first request to their end.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

use super::Timeouts;
use super::bell::Bell;
use super::lingering::Lingering;
use super::signals::Signals;
use super::tls::{self, Stream};
use super::workers::Workers;
use crate::router::{Router, Unread};
use crate::tls::Current;

/// All of them.
pub(super) struct Connections {
    router: Router,
    tls: Option<Arc<Current>>,
    builder: http1::Builder,
    write_timeout: Duration,
    workers: Workers,
    tasks: TaskTracker,
    /// Asked for each answer; the bell wakes connections that wait.
    is_ending: AtomicBool,
    ending: Bell,
    grace: OnceLock<Duration>,
    cut: Bell,
}

impl Connections {
    pub(super) fn new(router: Router, tls: Option<Arc<Current>>, timeouts: Timeouts) -> Self {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(timeouts.headers);
        Self {
            router,
            tls,
            builder,
            write_timeout: timeouts.write,
            workers: Workers::start(),
            tasks: TaskTracker::new(),
            is_ending: AtomicBool::new(false),
            ending: Bell::default(),
            grace: OnceLock::new(),
            cut: Bell::default(),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.tasks.len()
    }

    /// From now on every answer ends its connection, and one on which nothing happens for `grace` is
    /// closed.
    pub(super) fn begin_end(&self, grace: Duration) {
        let _ = self.grace.set(grace);
        self.is_ending.store(true, Ordering::Relaxed);
        self.ending.ring();
    }

    /// Waits until there are none.
    pub(super) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Closes those there are, whatever they are doing.
    pub(super) fn cut_off(&self) {
        self.cut.ring();
    }

    /// Serves one more, on a thread that watches it from now on.
    pub(super) fn add(self: &Arc<Self>, stream: TcpStream, peer: IpAddr) {
        self.router.count_connection();
        // Without it, the last packet of an answer may wait for the client's acknowledgment.
        let _ = stream.set_nodelay(true);
        let stream = stream.into_std();
        let connections = Arc::clone(self);
        let connection = self.tasks.track_future(async move {
            match stream.and_then(TcpStream::from_std) {
                Ok(stream) => tokio::select! {
                    biased;
                    () = connections.keep(stream, peer) => {}
                    () = connections.cut.rung() => {}
                },
                Err(error) => tracing::error!(%error, "a connection cannot be watched"),
            }
        });
        self.workers.spawn(connection);
    }

    async fn keep(self: &Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let Some(stream) = self.agree(stream).await else {
            return;
        };
        let signals = Arc::new(Signals::default());
        let stream = Lingering::new(stream, Arc::clone(&signals), self.write_timeout);
        let shared = Arc::new((Arc::clone(self), Arc::clone(&signals)));
        let service = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move {
                let (connections, signals) = &*shared;
                let mut response = connections.router.answer(peer, request).await;
                connections.mark(&mut response, signals);
                Ok::<_, Infallible>(response)
            }
        });
        let connection = self.builder.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = self.serve(connection, &signals).await {
            // Clients go away at any moment; that is nobody's fault.
            tracing::debug!(%error, "a connection ended early");
        }
    }

    /// The connection, encrypted where there is a certificate; `None` when its client does not agree.
    async fn agree(&self, stream: TcpStream) -> Option<Stream> {
        let Some(tls) = &self.tls else {
            return Some(Stream::Plain(stream));
        };
        // Boxed, for most connections are without.
        let agreed = Box::pin(tls::agree(tls, stream)).await;
        if let Err(error) = &agreed {
            self.router.count_failed_handshake();
            tracing::debug!(%error, "a connection ended before TLS was agreed on");
        }
        agreed.ok()
    }

    /// What the connection has to know of an answer, and the client of the connection.
    fn mark<B>(&self, response: &mut Response<B>, signals: &Signals) {
        if response.extensions().get::<Unread>().is_some() {
            signals.linger();
        }
        if self.is_ending.load(Ordering::Relaxed) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
    }

    /// Serves a connection to its end. Closing an idle one at once would lose a request that is on its
    /// way; so once the node is ending, first nothing must have happened on it for the grace.
    async fn serve<C: GracefulConnection>(
        &self,
        connection: C,
        signals: &Signals,
    ) -> Result<(), C::Error> {
        let mut connection = pin!(connection);
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            () = self.ending.rung() => {}
        }
        let grace = self.grace.get().copied().unwrap_or_default();
        let mut before = None;
        while !grace.is_zero() && before != Some(signals.progress()) {
            before = Some(signals.progress());
            tokio::select! {
                // What has just come is read before anybody asks whether something came.
                biased;
                ended = connection.as_mut() => return ended,
                () = tokio::time::sleep(grace) => {}
            }
        }
        connection.as_mut().graceful_shutdown();
        connection.await
    }
}
