//! `[delivery] mode = "accel"`: a real nginx in front sends the files.

use skep_formats::checksum::Sha256;

use crate::support::nginx::Nginx;
use crate::support::{MIX, REBAR3, Sale, TestApp};

const PATH: &str = "/repo/tarballs/alpha-1.0.0.tar";

#[tokio::test]
async fn nginx_sends_the_file_to_who_may_have_it() {
    let app = TestApp::with(&[
        ("SKEP_DELIVERY__MODE", "accel"),
        ("SKEP_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let nginx = Nginx::start(app.dir(), &app.url);
    let url = format!("{}{PATH}", nginx.url);
    let answer = app.get(&url).key(&key).agent(REBAR3).send().await;
    assert_eq!((answer.status, &answer.body), (200, &tarball));
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("content-encoding"), "");
    assert_eq!(answer.header("x-accel-redirect"), "");
    let etag = answer.header("etag").to_owned();
    assert!(!etag.is_empty(), "rebar3 needs one: {answer:?}");
    let request = app.get(&url).key(&key).header("if-none-match", &etag);
    assert_eq!(request.send().await.status, 304);
    let request = app.get(&url).key(&key).header("range", "bytes=5-9");
    let part = request.send().await;
    assert_eq!((part.status, &part.body[..]), (206, &tarball[5..10]));
    let head = app.ask(reqwest::Method::HEAD, &url).key(&key).send().await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, tarball.len().to_string().as_str())
    );
    assert_eq!(app.get(&url).agent(MIX).send().await.status, 401);
    let checksum = Sha256::of(&tarball);
    let inside = format!(
        "{}/skep-files/repos/acme/tarballs/alpha-1.0.0/{checksum}.tar",
        nginx.url
    );
    assert_eq!(app.get(&inside).key(&key).send().await.status, 404);
}

#[tokio::test]
async fn who_does_not_come_through_nginx_is_streamed_to() {
    let app = TestApp::with(&[
        ("SKEP_DELIVERY__MODE", "accel"),
        ("SKEP_SERVER__TRUSTED_PROXIES", "192.0.2.1"),
    ])
    .await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let answer = app.get(PATH).key(&key).agent(MIX).send().await;
    assert_eq!((answer.status, &answer.body), (200, &tarball));
}
