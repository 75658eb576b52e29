//! `/repo/tarballs/NAME-VERSION.tar`: how a file reaches a client.

use skep_formats::checksum::Sha256;

use crate::support::{MIX, REBAR3, Sale, TestApp, on_each_app_with};

const PATH: &str = "/repo/tarballs/alpha-1.0.0.tar";

#[tokio::test]
async fn the_server_streams_the_file_itself() {
    on_each_app_with(&[], async |app: TestApp| {
        let tarball = app.publish("alpha", "1.0.0").await;
        let key = app.sell(Sale::of("alpha")).await.key;
        let answer = app
            .get(PATH)
            .key(&key)
            .agent(REBAR3)
            .header("if-none-match", "")
            .send()
            .await;
        assert_eq!((answer.status, &answer.body), (200, &tarball));
        assert_eq!(
            answer.header("etag"),
            format!("\"{}\"", Sha256::of(&tarball))
        );
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("content-length"), tarball.len().to_string());
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(
            (answer.header("cache-control"), answer.header("vary")),
            ("private, no-cache", "authorization")
        );
        assert_eq!(answer.header("content-encoding"), "");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_has_the_file_is_told_so() {
    on_each_app_with(&[], async |app: TestApp| {
        app.publish("alpha", "1.0.0").await;
        let key = app.sell(Sale::of("alpha")).await.key;
        let etag = app
            .get(PATH)
            .key(&key)
            .send()
            .await
            .header("etag")
            .to_owned();
        let answer = app
            .get(PATH)
            .key(&key)
            .header("if-none-match", &etag)
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.body.len(), answer.header("etag")),
            (304, 0, etag.as_str())
        );
        assert_eq!(
            app.get(PATH)
                .key(&key)
                .header("if-none-match", "\"x\"")
                .send()
                .await
                .status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn head_says_what_get_would() {
    on_each_app_with(&[], async |app: TestApp| {
        let tarball = app.publish("alpha", "1.0.0").await;
        let key = app.sell(Sale::of("alpha")).await.key;
        let answer = app.ask(reqwest::Method::HEAD, PATH).key(&key).send().await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
        assert_eq!(answer.header("content-length"), tarball.len().to_string());
        assert_eq!(
            app.ask(reqwest::Method::HEAD, PATH).send().await.status,
            401
        );
    })
    .await;
}

#[tokio::test]
async fn a_part_of_the_file_can_be_had() {
    on_each_app_with(&[], async |app: TestApp| {
        let tarball = app.publish("alpha", "1.0.0").await;
        let key = app.sell(Sale::of("alpha")).await.key;
        let size = tarball.len();
        let part = app
            .get(PATH)
            .key(&key)
            .header("range", "bytes=100-199")
            .send()
            .await;
        assert_eq!((part.status, &part.body[..]), (206, &tarball[100..200]));
        assert_eq!(
            part.header("content-range"),
            format!("bytes 100-199/{size}")
        );
        let end = app
            .get(PATH)
            .key(&key)
            .header("range", "bytes=-10")
            .send()
            .await;
        assert_eq!((end.status, &end.body[..]), (206, &tarball[size - 10..]));
        let beyond = app
            .get(PATH)
            .key(&key)
            .header("range", &format!("bytes={size}-"))
            .send()
            .await;
        assert_eq!(
            (beyond.status, beyond.header("content-range")),
            (416, format!("bytes */{size}").as_str())
        );
        let other = app
            .get(PATH)
            .key(&key)
            .header("range", "bytes=0-1")
            .header("if-range", "\"x\"")
            .send()
            .await;
        assert_eq!((other.status, other.body.len()), (200, size));
    })
    .await;
}

#[tokio::test]
async fn a_local_url_is_followed_without_a_key() {
    on_each_app_with(
        &[("SKEP_DELIVERY__MODE", "local-url")],
        async |app: TestApp| {
            let tarball = app.publish("alpha", "1.0.0").await;
            let key = app.sell(Sale::of("alpha")).await.key;
            let redirect = app.get(PATH).key(&key).agent(MIX).send().await;
            assert_eq!(
                (redirect.status, redirect.header("cache-control")),
                (302, "no-store")
            );
            let location = redirect.header("location");
            assert!(
                location.starts_with(&format!(
                    "{}/repo/files/repos/acme/tarballs/alpha-1.0.0/",
                    app.url
                )),
                "{location}"
            );
            assert_eq!(
                app.get(PATH).key(&key).send().await.header("location"),
                location,
                "everybody gets the same URL"
            );
            // Clients send the key along to wherever they are redirected.
            let file = app.get(location).key(&key).send().await;
            assert_eq!((file.status, &file.body), (200, &tarball));
            assert!(!file.header("etag").is_empty());
            assert_eq!(app.get(PATH).send().await.status, 401);
        },
    )
    .await;
}

#[tokio::test]
async fn a_cloudfront_url_carries_its_hash_algorithm_and_no_key() {
    let key_file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/keys/rsa2048_pkcs8.pem"
    );
    let app = TestApp::with(&[
        ("SKEP_DELIVERY__MODE", "cloudfront"),
        ("SKEP_DELIVERY__CLOUDFRONT__URL", "https://cdn.acme.example"),
        ("SKEP_DELIVERY__CLOUDFRONT__KEY_PAIR_ID", "K2JCJMDEHXQW5F"),
        ("SKEP_DELIVERY__CLOUDFRONT__PRIVATE_KEY_FILE", key_file),
    ])
    .await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let redirect = app.get(PATH).key(&key).agent(MIX).send().await;
    assert_eq!(redirect.status, 302);
    let location = redirect.header("location");
    assert!(
        location.starts_with("https://cdn.acme.example/repos/acme/tarballs/alpha-1.0.0/"),
        "{location}"
    );
    assert!(
        location.ends_with("&Key-Pair-Id=K2JCJMDEHXQW5F&Hash-Algorithm=SHA256"),
        "{location}"
    );
    assert!(!location.contains(&key));
}
