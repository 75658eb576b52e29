//! What only bytes on a connection show: when a body is asked for, and that no answer is lost.

use std::time::Duration;

use skep_server::accounts::role::Role;
use skep_server::catalog::owners;
use skep_server::db::audit::Actor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{MIX, TestApp, tarball};

const PATIENCE: Duration = Duration::from_secs(20);

struct Connection(TcpStream);

impl Connection {
    async fn new(app: &TestApp) -> Self {
        Self(TcpStream::connect(app.address).await.unwrap())
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Whatever comes until an empty line.
    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        let read = async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(self.0.read_u8().await.unwrap());
            }
        };
        timeout(PATIENCE, read).await.unwrap();
        String::from_utf8(head).unwrap()
    }

    /// Whatever comes until the end.
    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        timeout(PATIENCE, self.0.read_to_end(&mut rest))
            .await
            .unwrap()
            .unwrap();
        String::from_utf8_lossy(&rest).into_owned()
    }
}

fn head(path: &str, key: &str, length: usize, more: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: {MIX}\r\nauthorization: {key}\r\n\
         content-type: application/octet-stream\r\ncontent-length: {length}\r\n{more}\r\n"
    )
    .into_bytes()
}

const PATH: &str = "/api/packages/alpha/releases";
const ANY: &str = "/api/publish";
const EXPECT: &str = "expect: 100-continue\r\n";

#[tokio::test]
async fn a_good_publisher_is_told_to_go_on() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let tarball = tarball("alpha", "1.0.0", "");
    let mut connection = Connection::new(&app).await;
    connection
        .send(&head(PATH, &key, tarball.len(), EXPECT))
        .await;
    assert_eq!(connection.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(&tarball).await;
    assert!(connection.head().await.starts_with("HTTP/1.1 201 "));
}

#[tokio::test]
async fn whoever_may_publish_something_is_told_to_go_on() {
    let app = TestApp::new().await;
    let rosa = app
        .member_with("rosa", Role::Publisher, "package:acme/alpha")
        .await;
    let vic = app.member("vic", Role::Viewer).await;
    let tarball = tarball("alpha", "1.0.0", "");
    let publish = async |key: &str| {
        let mut connection = Connection::new(&app).await;
        connection
            .send(&head(ANY, key, tarball.len(), EXPECT))
            .await;
        let first = connection.head().await;
        if !first.contains(" 100 ") {
            return first;
        }
        connection.send(&tarball).await;
        connection.head().await
    };
    assert!(publish(&vic).await.starts_with("HTTP/1.1 403 "));
    assert!(publish(&rosa).await.starts_with("HTTP/1.1 201 "));
    let target = owners::OfPackage {
        repository: None,
        package: "alpha".parse().unwrap(),
        actor: Actor::Cli,
    };
    let level = (owners::Level::Maintainer, false);
    owners::add(&app.node.app, &target, "vic", level)
        .await
        .unwrap();
    assert!(publish(&vic).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_rejected_publish_costs_no_upload() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let viewer = app.member("vic", Role::Viewer).await;
    let usage = app.member_with("olga", Role::Owner, "usage:read").await;
    let docs = app.api_key("olga", "docs:acme").await;
    let one_package = app.api_key("olga", "package:acme/alpha").await;
    let nowhere = "/api/repos/nowhere/packages/alpha/releases";
    for (path, key, length, status) in [
        (PATH, "ska_wrong", 1_000, "401"),
        (PATH, viewer.as_str(), 1_000, "403"),
        (PATH, key.as_str(), 17 * 1024 * 1024, "413"),
        (nowhere, key.as_str(), 1_000, "404"),
        (ANY, viewer.as_str(), 1_000, "403"),
        (ANY, usage.as_str(), 1_000, "403"),
        (ANY, docs.as_str(), 1_000, "403"),
        ("/api/repos/sub/publish", one_package.as_str(), 1_000, "403"),
        (
            "/api/packages/alpha/releases/1.0.0/docs",
            key.as_str(),
            1_000,
            "404",
        ),
    ] {
        let mut connection = Connection::new(&app).await;
        connection.send(&head(path, key, length, EXPECT)).await;
        let answer = connection.head().await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(connection.rest().await.contains("\"status\""));
    }
}

#[tokio::test]
async fn the_answer_to_a_body_that_nobody_reads_is_not_lost() {
    let app = TestApp::new().await;
    let body = vec![7; 8 * 1024 * 1024];
    for _ in 0..5 {
        let mut connection = Connection::new(&app).await;
        connection
            .send(&head(PATH, "ska_wrong", body.len(), ""))
            .await;
        // As Erlang's httpc: all of it, before it looks for an answer.
        connection.send(&body).await;
        let answer = connection.rest().await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert!(answer.ends_with('}'), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_cut_off() {
    let app = TestApp::with(&[("SKEP_LIMITS__TARBALL_BYTES", "100000")]).await;
    let key = app.member("rosa", Role::Publisher).await;
    let mut connection = Connection::new(&app).await;
    let head = String::from_utf8(head(PATH, &key, 1, "")).unwrap();
    let head = head.replace("content-length: 1\r\n", "transfer-encoding: chunked\r\n");
    connection.send(head.as_bytes()).await;
    let chunk = [b"10000\r\n".as_slice(), &[0; 0x10000], b"\r\n"].concat();
    connection.send(&chunk).await;
    connection.send(&chunk).await;
    let answer = connection.head().await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let mut connection = Connection::new(&app).await;
    connection.send(&head(PATH, &key, 10_000, "")).await;
    connection.send(&[0; 100]).await;
    let answer = connection.head().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_request_without_a_length_has_no_body() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let mut connection = Connection::new(&app).await;
    let head = String::from_utf8(head(PATH, &key, 1, "")).unwrap();
    connection
        .send(head.replace("content-length: 1\r\n", "").as_bytes())
        .await;
    let answer = connection.head().await;
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
}
