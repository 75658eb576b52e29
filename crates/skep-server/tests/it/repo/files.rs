//! `/repo/files/…`: signed URLs, and the CDN at its origin.

use crate::support::{Sale, TestApp};

async fn signed(app: &TestApp) -> String {
    let key = app.sell(Sale::of("alpha")).await.key;
    app.get("/repo/tarballs/alpha-1.0.0.tar")
        .key(&key)
        .send()
        .await
        .header("location")
        .to_owned()
}

#[tokio::test]
async fn a_signed_url_opens_its_file_for_some_minutes() {
    let app = TestApp::with(&[
        ("SKEP_DELIVERY__MODE", "local-url"),
        ("SKEP_DELIVERY__TTL_SECONDS", "100"),
    ])
    .await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let url = signed(&app).await;
    app.clock.advance(74);
    let answer = app.get(&url).send().await;
    assert_eq!((answer.status, &answer.body), (200, &tarball));
    assert_eq!(
        answer.header("cache-control"),
        "private, max-age=31536000, immutable"
    );
    let part = app.get(&url).header("range", "bytes=0-9").send().await;
    assert_eq!((part.status, &part.body[..]), (206, &tarball[..10]));
    app.clock.advance(26);
    let expired = app.get(&url).send().await;
    assert_eq!(expired.status, 403);
    assert!(expired.text().contains("expired"), "{}", expired.text());
}

#[tokio::test]
async fn a_changed_url_opens_nothing() {
    let app = TestApp::with(&[("SKEP_DELIVERY__MODE", "local-url")]).await;
    app.publish("alpha", "1.0.0").await;
    app.publish("beta", "1.0.0").await;
    let url = signed(&app).await;
    let (path, query) = url.split_once('?').unwrap();
    let other = path.replace("alpha", "beta");
    for changed in [
        path.to_owned(),
        format!("{other}?{query}"),
        format!("{url}x"),
        url.replace("expires=", "expires=9"),
    ] {
        assert_eq!(app.get(&changed).send().await.status, 403, "{changed}");
    }
    for nothing in [
        "x",
        "../../key.pem",
        "repos/acme/tarballs/alpha-1.0.0/../../../../key.pem",
        "%2e%2e/key.pem",
    ] {
        let answer = app
            .get(&format!("/repo/files/{nothing}?{query}"))
            .send()
            .await;
        assert_eq!(answer.status, 404, "{nothing}");
    }
}

#[tokio::test]
async fn a_url_signed_before_a_restart_or_another_mode_still_works() {
    let app = TestApp::with(&[("SKEP_DELIVERY__MODE", "local-url")]).await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let url = signed(&app).await;
    let app = app.restart().await;
    let path = url.split_once("/repo/").unwrap().1;
    let answer = app.get(&format!("/repo/{path}")).send().await;
    assert_eq!((answer.status, answer.body), (200, tarball));
}

#[tokio::test]
async fn a_distribution_shows_its_secret_and_may_read_everything() {
    let key_file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/keys/rsa2048.pem"
    );
    let app = TestApp::with(&[
        ("SKEP_DELIVERY__MODE", "cloudfront"),
        ("SKEP_DELIVERY__CLOUDFRONT__URL", "https://cdn.acme.example"),
        ("SKEP_DELIVERY__CLOUDFRONT__KEY_PAIR_ID", "K1"),
        ("SKEP_DELIVERY__CLOUDFRONT__PRIVATE_KEY_FILE", key_file),
        (
            "SKEP_DELIVERY__CLOUDFRONT__ORIGIN_SECRET",
            "correct horse battery staple",
        ),
    ])
    .await;
    let tarball = app.publish("alpha", "1.0.0").await;
    let url = signed(&app).await;
    let path = url
        .strip_prefix("https://cdn.acme.example/")
        .unwrap()
        .split('?')
        .next()
        .unwrap();
    let path = format!("/repo/files/{path}");
    let answer = app
        .get(&path)
        .header("x-skep-origin", "correct horse battery staple")
        .send()
        .await;
    assert_eq!((answer.status, answer.body.clone()), (200, tarball));
    assert_eq!(
        answer.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(
        app.get(&path)
            .header("x-skep-origin", "wrong")
            .send()
            .await
            .status,
        403
    );
    assert_eq!(app.get(&path).send().await.status, 403);
}
