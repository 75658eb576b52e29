//! The accept loop: connections in, requests to the router, and an end without a lost request.
//!
//! Told to stop, a node says so at `/readyz` and in each answer (`Connection: close`). For a grace it goes
//! on accepting, so that load balancers can notice, unless its socket belongs to another process too; and
//! it keeps idle connections, so that a request that is on its way finds somebody.

mod bell;
mod connection;
mod lingering;
mod metrics;
mod signals;
mod tls;
mod workers;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use self::connection::Connections;
use crate::config;
use crate::node::Node;
use crate::router::Router;

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To send a request's line and headers, from the moment the connection is free for it: also how
    /// long an idle connection stays open.
    pub headers: Duration,
    /// To take nothing of an answer.
    pub write: Duration,
    /// To send nothing in the middle of a body.
    pub body: Duration,
    /// Once the node is told to stop: how long it goes on accepting, and keeps a connection on which
    /// nothing happens.
    pub grace: Duration,
    /// After the grace: to finish a request.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(30),
            write: Duration::from_secs(60),
            body: Duration::from_secs(15),
            grace: Duration::from_secs(5),
            drain: Duration::from_secs(25),
        }
    }
}

impl Timeouts {
    /// Those of a configuration.
    #[must_use]
    pub fn of(server: &config::Server) -> Self {
        let seconds = |number: u32| Duration::from_secs(number.into());
        Self {
            grace: seconds(server.grace_seconds),
            drain: seconds(server.drain_seconds),
            ..Self::default()
        }
    }
}

/// Where connections come from.
#[derive(Debug)]
pub struct Socket {
    listener: TcpListener,
    is_shared: bool,
}

impl Socket {
    /// A socket that another process has too, or will have: it takes what this one leaves in the queue.
    #[must_use]
    pub const fn shared(listener: TcpListener) -> Self {
        Self {
            listener,
            is_shared: true,
        }
    }
}

/// A socket of this process alone: what is in its queue when it is closed is lost.
impl From<TcpListener> for Socket {
    fn from(listener: TcpListener) -> Self {
        Self {
            listener,
            is_shared: false,
        }
    }
}

/// How to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// With the grace.
    Gently,
    /// Without: somebody at a terminal waits for it. Requests under way are finished all the same.
    Soon,
}

/// Serves until `shutdown` is ready; then takes no more connections, finishes the requests that are
/// under way, within a bound, and flushes usage.
pub async fn serve(
    node: Arc<Node>,
    socket: impl Into<Socket>,
    shutdown: impl Future<Output = Stop>,
) {
    let timeouts = Timeouts::of(&node.app.config.server);
    serve_with(node, socket, shutdown, timeouts).await;
}

/// [`serve`] with other timeouts.
pub async fn serve_with(
    node: Arc<Node>,
    socket: impl Into<Socket>,
    shutdown: impl Future<Output = Stop>,
    timeouts: Timeouts,
) {
    let socket = socket.into();
    let address = node.app.config.metrics.listen;
    let metrics = address.map(|address| tokio::spawn(metrics::serve(Arc::clone(&node), address)));
    let _metrics = metrics.map(AbortOnDropHandle::new);
    let router = Router::new(Arc::clone(&node), timeouts.body);
    let connections = Arc::new(Connections::new(router, node.tls.clone(), timeouts));
    let stop = tokio::select! {
        stop = shutdown => stop,
        never = accept(&socket.listener, &connections) => never,
    };
    tracing::info!(
        connections = connections.count(),
        "stopping: finishing what is under way"
    );
    let grace = match stop {
        Stop::Gently => timeouts.grace,
        Stop::Soon => Duration::ZERO,
    };
    node.begin_drain();
    connections.begin_end(grace);
    tokio::join!(node.drain(), leave(socket, &connections, grace));
    if tokio::time::timeout(timeouts.drain, connections.ended())
        .await
        .is_err()
    {
        tracing::warn!("some requests took too long and were cut off");
        connections.cut_off();
    }
    node.stop().await;
}

/// Stops accepting: at once where somebody else goes on, else after the grace and with an empty queue.
async fn leave(socket: Socket, connections: &Arc<Connections>, grace: Duration) {
    if socket.is_shared {
        return;
    }
    let accepting = accept(&socket.listener, connections);
    // Its time is over, and then it ends: it never does by itself.
    let _ = tokio::time::timeout(grace, accepting).await;
    // tokio would only know of those that it has been told of.
    let Ok(listener) = socket.listener.into_std() else {
        return;
    };
    while let Ok((stream, peer)) = listener.accept() {
        let stream = stream
            .set_nonblocking(true)
            .and_then(|()| TcpStream::from_std(stream));
        if let Ok(stream) = stream {
            connections.add(stream, peer.ip());
        }
    }
}

async fn accept(listener: &TcpListener, connections: &Arc<Connections>) -> ! {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => connections.add(stream, peer.ip()),
            Err(error) => pause_after(&error).await,
        }
    }
}

/// A connection that is gone already is no reason to wait; a lack of file descriptors is.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        tracing::error!(%error, "no connection can be accepted just now");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
