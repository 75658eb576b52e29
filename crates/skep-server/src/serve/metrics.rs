//! `/metrics` at an address of its own. A node serves without it: during a restart, the node before may
//! still have the address.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::pause_after;
use crate::node::Node;
use crate::router;

/// Between two tries to get the address.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// There is one Prometheus, or two.
const MOST_CONNECTIONS: usize = 8;
/// How long a connection may be silent: longer than between two scrapes.
const SILENCE: Duration = Duration::from_secs(75);

/// Serves until the future is dropped.
pub(super) async fn serve(node: Arc<Node>, address: SocketAddr) {
    let listener = bind(address).await;
    tracing::info!(%address, "metrics are served");
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = connection(Arc::clone(&node), stream);
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => pause_after(&error).await,
        }
    }
}

async fn bind(address: SocketAddr) -> TcpListener {
    let mut is_told = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) if !is_told => {
                is_told = true;
                tracing::warn!(%error, %address, "metrics cannot be served yet: `[metrics] listen` is not free");
            }
            Err(_) => {}
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

async fn connection(node: Arc<Node>, stream: TcpStream) {
    let service = service_fn(move |request| {
        let node = Arc::clone(&node);
        async move { Ok::<_, Infallible>(router::metrics_alone(&node, &request).await) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE);
    // Whoever goes away does so.
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
