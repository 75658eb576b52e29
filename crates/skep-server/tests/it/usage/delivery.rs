//! Which delivery and which network a request came by.

use skep_server::db::usage::Asked;

use super::{TARBALL, rows};
use crate::support::{CURL, MIX, Sale, TestApp, app_on_bucket};

/// The ways of what was counted, each with its answer and how often.
async fn ways(app: &TestApp) -> Vec<(u16, Option<String>, u64)> {
    app.node.usage.flush().await;
    let asked = Asked {
        by_status: true,
        by_delivery: true,
        limit: 10,
        ..Asked::default()
    };
    let mut ways: Vec<_> = rows(app, &asked)
        .await
        .into_iter()
        .map(|row| (row.status.unwrap(), row.delivery, row.requests))
        .collect();
    ways.sort();
    ways
}

async fn selling(app: &TestApp) -> String {
    app.publish("alpha", "1.0.0").await;
    app.sell(Sale::of("alpha")).await.key
}

fn way(status: u16, way: &str, requests: u64) -> (u16, Option<String>, u64) {
    (status, Some(way.to_owned()), requests)
}

#[tokio::test]
async fn only_what_got_a_file_has_a_delivery() {
    let app = TestApp::new().await;
    let key = selling(&app).await;
    let first = app.get(TARBALL).key(&key).send().await;
    let etag = first.header("etag");
    let again = app.get(TARBALL).key(&key).header("if-none-match", etag);
    assert_eq!(again.send().await.status, 304);
    app.get("/repo/packages/alpha").key(&key).send().await;
    app.get("/repo/tarballs/beta-1.0.0.tar")
        .key(&key)
        .send()
        .await;
    let part = app.get(TARBALL).key(&key).header("range", "bytes=0-9");
    assert_eq!(part.send().await.status, 206);
    let expected = [
        (200, None, 1),
        way(200, "direct", 1),
        way(206, "direct", 1),
        (304, None, 1),
        (403, None, 1),
    ];
    assert_eq!(ways(&app).await, expected);
}

#[tokio::test]
async fn a_redirect_is_counted_by_where_it_leads() {
    let key_file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/keys/rsa2048.pem"
    );
    let cloudfront = [
        ("SKEP_DELIVERY__MODE", "cloudfront"),
        ("SKEP_DELIVERY__CLOUDFRONT__URL", "https://cdn.acme.example"),
        ("SKEP_DELIVERY__CLOUDFRONT__KEY_PAIR_ID", "K1"),
        ("SKEP_DELIVERY__CLOUDFRONT__PRIVATE_KEY_FILE", key_file),
    ];
    let local_url = [("SKEP_DELIVERY__MODE", "local-url")];
    for (settings, name) in [(&cloudfront[..], "cloudfront"), (&local_url, "local_url")] {
        let app = TestApp::with(settings).await;
        let key = selling(&app).await;
        assert_eq!(app.get(TARBALL).key(&key).send().await.status, 302);
        assert_eq!(ways(&app).await, [way(302, name, 1)]);
    }
}

#[tokio::test]
async fn what_is_streamed_instead_of_presigned_is_direct() {
    let (app, _s3) = app_on_bucket(&[("SKEP_DELIVERY__MODE", "presign")]).await;
    let key = selling(&app).await;
    app.get(TARBALL).key(&key).agent(MIX).send().await;
    app.get(TARBALL).key(&key).agent(CURL).send().await;
    let head = app.ask(reqwest::Method::HEAD, TARBALL).key(&key);
    head.agent(CURL).send().await;
    let expected = [way(200, "direct", 2), way(302, "presign", 1)];
    assert_eq!(ways(&app).await, expected);
}

#[tokio::test]
async fn what_does_not_come_through_nginx_is_direct() {
    for (proxy, name) in [("127.0.0.1", "accel"), ("192.0.2.1", "direct")] {
        let app = TestApp::with(&[
            ("SKEP_DELIVERY__MODE", "accel"),
            ("SKEP_SERVER__TRUSTED_PROXIES", proxy),
        ])
        .await;
        let key = selling(&app).await;
        app.get(TARBALL).key(&key).send().await;
        assert_eq!(ways(&app).await, [way(200, name, 1)]);
    }
}

/// The addresses that were counted, sorted.
async fn addresses(settings: &[(&str, &str)]) -> Vec<Option<String>> {
    let proxies = ("SKEP_SERVER__TRUSTED_PROXIES", "127.0.0.1");
    let app = TestApp::with(&[settings, &[proxies]].concat()).await;
    let key = selling(&app).await;
    for from in ["203.0.113.7", "203.0.113.8", "2001:db8:1:2::7"] {
        let request = app.get(TARBALL).header("x-forwarded-for", from);
        request.key(&key).send().await;
    }
    // Of strangers nothing is kept.
    let stranger = app.get(TARBALL).header("x-forwarded-for", "198.51.100.9");
    stranger.send().await;
    app.node.usage.flush().await;
    let asked = Asked {
        by_address: true,
        refused: Some(false),
        limit: 10,
        ..Asked::default()
    };
    let served = rows(&app, &asked).await;
    let mut found: Vec<_> = served.into_iter().map(|row| row.address).collect();
    let refused = Asked {
        refused: Some(true),
        ..asked
    };
    assert_eq!(rows(&app, &refused).await[0].address, None);
    found.sort();
    found
}

#[tokio::test]
async fn an_address_is_recorded_as_far_as_the_seller_wants() {
    let setting = "SKEP_USAGE__ADDRESSES";
    let some = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect();
    assert_eq!(addresses(&[]).await, [None]);
    let networks: Vec<_> = some(&["2001:db8:1::/48", "203.0.113.0/24"]);
    assert_eq!(addresses(&[(setting, "truncated")]).await, networks);
    let whole: Vec<_> = some(&["2001:db8:1:2::7", "203.0.113.7", "203.0.113.8"]);
    assert_eq!(addresses(&[(setting, "full")]).await, whole);
}
