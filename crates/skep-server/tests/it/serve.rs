//! Connections: how they are kept, and how they end.

mod drain;

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Sale, TestApp};

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an end");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads one answer's head, and as much of the body as comes with it.
async fn read_some(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 64 * 1024];
    let count = stream.read(&mut bytes).await.expect("an answer");
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

#[tokio::test]
async fn a_client_that_never_finishes_its_headers_is_cut_off() {
    let app = TestApp::new().await;
    for sent in [
        "",
        "GET /repo/names HT",
        "GET /repo/names HTTP/1.1\r\nhost: x\r\nx-slow: ",
    ] {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let end = tokio::time::timeout(Duration::from_secs(20), read_to_end(&mut stream)).await;
        assert!(end.is_ok(), "still open after `{sent}`");
    }
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let app = TestApp::new().await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    for _ in 0..3 {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        assert!(read_some(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn stopping_finishes_a_request_that_is_under_way() {
    let mut app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream
        .write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n")
        .await
        .unwrap();
    let mut idle = TcpStream::connect(app.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    read_some(&mut idle).await;
    // Half a request is there: the server has seen it, and waits for the rest.
    tokio::time::sleep(Duration::from_millis(100)).await;
    app.begin_stop();
    while app.node.readiness() != skep_server::node::Readiness::Draining {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stream.write_all(b"\r\n").await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.ends_with("draining\n"),
        "{answer}"
    );
    assert_eq!(
        read_to_end(&mut idle).await,
        "",
        "an idle connection is closed"
    );
    app.stop().await;
    assert!(
        TcpStream::connect(app.address).await.is_err(),
        "nobody listens"
    );
    drop(key);
}

#[tokio::test]
async fn a_client_that_stops_reading_does_not_hold_up_the_end_for_ever() {
    let mut app = TestApp::new().await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream
        .write_all(b"GET /repo/names HTTP/1.1\r\nhost: x\r\nx-slow: ")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    #[expect(clippy::disallowed_methods, reason = "this is about real time")]
    let begun = Instant::now();
    app.stop().await;
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn what_is_not_http_gets_a_400() {
    let app = TestApp::new().await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream
        .write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        .await
        .unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 400") || answer.is_empty(),
        "{answer}"
    );
    assert_eq!(app.get("/healthz").send().await.status, 200);
}
