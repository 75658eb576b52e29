//! The accept loop: connections in, requests to the router, and an end without a lost request.

mod lingering;
mod metrics;

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use self::lingering::Lingering;
use crate::node::Node;
use crate::router::{Router, Unread};

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To send a request's line and headers, from the moment the connection is free for it: also how
    /// long an idle connection stays open.
    pub headers: Duration,
    /// To finish a request once the node is told to stop.
    pub drain: Duration,
    /// To send nothing in the middle of a body.
    pub body: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(30),
            drain: Duration::from_secs(25),
            body: Duration::from_secs(15),
        }
    }
}

/// Serves until `shutdown` is ready; then takes no more connections, finishes the requests that are
/// under way, within a bound, and flushes usage.
pub async fn serve(node: Arc<Node>, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    serve_with(node, listener, shutdown, Timeouts::default()).await;
}

/// [`serve`] with other timeouts.
pub async fn serve_with(
    node: Arc<Node>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    timeouts: Timeouts,
) {
    let address = node.app.config.metrics.listen;
    let metrics = address.map(|address| tokio::spawn(metrics::serve(Arc::clone(&node), address)));
    let _metrics = metrics.map(AbortOnDropHandle::new);
    let router = Arc::new(Router::new(Arc::clone(&node), timeouts.body));
    let connections = GracefulShutdown::new();
    tokio::select! {
        () = shutdown => {}
        () = accept(&listener, &router, &connections, timeouts) => {}
    }
    drop(listener);
    tracing::info!(
        connections = connections.count(),
        "stopping: finishing what is under way"
    );
    node.drain().await;
    if tokio::time::timeout(timeouts.drain, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests took too long and were cut off");
    }
    node.stop().await;
}

async fn accept(
    listener: &TcpListener,
    router: &Arc<Router>,
    connections: &GracefulShutdown,
    timeouts: Timeouts,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.headers);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                router.count_connection();
                connect(&builder, stream, peer.ip(), Arc::clone(router), connections)
            }
            Err(error) => pause_after(&error).await,
        }
    }
}

fn connect(
    builder: &http1::Builder,
    stream: TcpStream,
    peer: IpAddr,
    router: Arc<Router>,
    connections: &GracefulShutdown,
) {
    // Without it, the last packet of an answer may wait for the client's acknowledgment.
    let _ = stream.set_nodelay(true);
    let is_lingering = Arc::new(AtomicBool::new(false));
    let stream = Lingering::new(stream, Arc::clone(&is_lingering));
    let service = service_fn(move |request| {
        let (router, is_lingering) = (Arc::clone(&router), Arc::clone(&is_lingering));
        async move {
            let response = router.answer(peer, request).await;
            if response.extensions().get::<Unread>().is_some() {
                is_lingering.store(true, Ordering::Relaxed);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = connections.watch(builder.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        // Clients go away at any moment; that is nobody's fault.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
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
