//! The end of a node, and clients that stop reading.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use skep_formats::tarball::{Limits, create};
use skep_server::catalog::publish::{Publish, publish};
use skep_server::db::audit::Actor;
use skep_server::node::Node;
use skep_server::serve::{Socket, Stop, Timeouts, serve_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{read_some, read_to_end};
use crate::support::{Sale, TestApp, metadata};

const REQUEST: &[u8] = b"GET /repo/public_key HTTP/1.1\r\nhost: x\r\n\r\n";

/// A further node of an app, with timeouts of its own.
struct Other {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Other {
    async fn start(app: &TestApp, timeouts: Timeouts, how: Stop) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::on(app, (listener.into(), address), timeouts, how).await
    }

    async fn on(
        app: &TestApp,
        (socket, address): (Socket, SocketAddr),
        timeouts: Timeouts,
        how: Stop,
    ) -> Self {
        let node = Node::start(app.other_process().await).await.unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let stopped = async move {
            stopped.await;
            how
        };
        let server = serve_with(Arc::clone(&node), socket, stopped, timeouts);
        Self {
            address,
            stop,
            server: tokio::spawn(server),
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

fn timeouts(grace: Duration) -> Timeouts {
    Timeouts {
        grace,
        drain: Duration::from_secs(20),
        write: Duration::from_secs(1),
        ..Timeouts::default()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is about real time")]
fn now() -> Instant {
    Instant::now()
}

async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    read_some(stream).await
}

#[tokio::test]
async fn the_next_request_of_a_kept_connection_is_answered_and_ends_it() {
    let app = TestApp::new().await;
    let other = Other::start(&app, timeouts(Duration::from_secs(5)), Stop::Gently).await;
    let mut kept = other.connect().await;
    let first = ask(&mut kept).await;
    assert!(
        first.starts_with("HTTP/1.1 200") && !first.contains("connection: close"),
        "{first}"
    );
    other.stop.cancel();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let second = ask(&mut kept).await;
    assert!(second.starts_with("HTTP/1.1 200"), "{second}");
    assert!(second.contains("connection: close"), "{second}");
    assert_eq!(read_to_end(&mut kept).await, "");
    // New ones are taken, too, and are told to go elsewhere.
    let mut new = other.connect().await;
    new.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let answer = read_to_end(&mut new).await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("connection: close"),
        "{answer}"
    );
    other.server.await.unwrap();
    assert!(
        TcpStream::connect(other.address).await.is_err(),
        "nobody listens"
    );
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_grace_and_not_before() {
    let app = TestApp::new().await;
    let grace = Duration::from_secs(1);
    let other = Other::start(&app, timeouts(grace), Stop::Gently).await;
    let (mut idle, mut fresh) = (other.connect().await, other.connect().await);
    ask(&mut idle).await;
    let begun = now();
    other.stop.cancel();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert!(begun.elapsed() >= grace, "{:?}", begun.elapsed());
    assert_eq!(read_to_end(&mut fresh).await, "");
    other.server.await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn somebody_at_a_terminal_does_not_wait_for_the_grace() {
    let app = TestApp::new().await;
    let other = Other::start(&app, timeouts(Duration::from_secs(60)), Stop::Soon).await;
    let mut idle = other.connect().await;
    ask(&mut idle).await;
    let begun = now();
    other.stop.cancel();
    other.server.await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(read_to_end(&mut idle).await, "");
}

#[tokio::test]
async fn what_waits_in_a_shared_socket_is_left_to_the_other_process() {
    let app = TestApp::new().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let socket = || {
        let copy = TcpListener::from_std(listener.try_clone().unwrap());
        (Socket::shared(copy.unwrap()), address)
    };
    let timeouts = timeouts(Duration::from_secs(5));
    let first = Other::on(&app, socket(), timeouts, Stop::Gently).await;
    let mut kept = first.connect().await;
    ask(&mut kept).await;
    first.stop.cancel();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut waiting = TcpStream::connect(address).await.unwrap();
    waiting.write_all(REQUEST).await.unwrap();
    // The connection it has is its own.
    let answer = ask(&mut kept).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    first.server.await.unwrap();
    let second = Other::on(&app, socket(), timeouts, Stop::Gently).await;
    let answer = read_some(&mut waiting).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && !answer.contains("connection: close"),
        "{answer}"
    );
    second.stop.cancel();
    second.server.await.unwrap();
}

/// Bytes that nothing makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}

/// Publishes a tarball that no socket takes at once; its size.
async fn publish_large(app: &TestApp) -> usize {
    let files = [("mix.exs", 0o644, noise(12 << 20))];
    let tarball = create(&metadata("large", "1.0.0"), files, &Limits::default());
    let tarball = tarball.unwrap().tarball;
    let path = app.dir().join("large.tar");
    fs_err::write(&path, &tarball).unwrap();
    let request = Publish {
        tarball: path,
        docs: None,
        repository: None,
        replace: false,
        published_at: None,
        actor: Actor::Cli,
    };
    publish(&app.node.app, &request).await.unwrap();
    app.settle().await;
    tarball.len()
}

#[tokio::test]
async fn a_client_that_stops_reading_is_let_go_and_a_slow_one_is_not() {
    let app = TestApp::new().await;
    let size = publish_large(&app).await;
    let key = app.sell(Sale::of("large")).await.key;
    let other = Other::start(&app, timeouts(Duration::ZERO), Stop::Gently).await;
    let request = format!(
        "GET /repo/tarballs/large-1.0.0.tar HTTP/1.1\r\nhost: x\r\nauthorization: {key}\r\n\r\n"
    );
    let (mut stopped, mut slow) = (other.connect().await, other.connect().await);
    stopped.write_all(request.as_bytes()).await.unwrap();
    slow.write_all(request.as_bytes()).await.unwrap();
    // Slow, but never silent for as long as a second.
    let mut read = 0;
    let mut block = vec![0; 1 << 20];
    while read < size {
        read += slow.read(&mut block).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(read >= size);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let mut got = Vec::new();
    let _ = stopped.read_to_end(&mut got).await;
    assert!(
        !got.is_empty() && got.len() < size,
        "{} of {size}",
        got.len()
    );
    other.stop.cancel();
    other.server.await.unwrap();
}
