//! The object store is away: the registry is served, and who is sent elsewhere for files still is.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::strict_s3::Mood;
use crate::support::{GLEAM, MIX, Sale, app_on_bucket};

const PATH: &str = "/repo/tarballs/alpha-1.0.0.tar";
const KEY_FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/golden/keys/rsa2048_pkcs8.pem"
);

/// What a client gets for the tarball while the store is away: status, `Location` and `Retry-After`.
async fn without_store(settings: &[(&str, &str)], agent: &str) -> (u16, String, String) {
    let (app, s3) = app_on_bucket(settings).await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    app.settle().await;
    s3.become_(Mood::Busy);
    let package = app.get("/repo/packages/alpha").key(&key).agent(agent);
    assert_eq!(package.send().await.versions_of("alpha"), ["1.0.0"]);
    let answer = app.get(PATH).key(&key).agent(agent).send().await;
    let location = answer.header("location").to_owned();
    if location.starts_with(&app.url) {
        // Where it leads, the bytes are needed.
        let file = app.get(&location).send().await;
        assert_eq!((file.status, file.header("retry-after")), (503, ""));
        assert!(file.text().contains("does not answer"), "{}", file.text());
    }
    let retry_after = answer.header("retry-after").to_owned();
    (answer.status, location, retry_after)
}

#[tokio::test]
async fn cloudfront_urls_need_no_store() {
    let settings = [
        ("SKEP_DELIVERY__MODE", "cloudfront"),
        ("SKEP_DELIVERY__CLOUDFRONT__URL", "https://cdn.acme.example"),
        ("SKEP_DELIVERY__CLOUDFRONT__KEY_PAIR_ID", "K2JCJMDEHXQW5F"),
        ("SKEP_DELIVERY__CLOUDFRONT__PRIVATE_KEY_FILE", KEY_FILE),
    ];
    let (status, location, _) = without_store(&settings, MIX).await;
    assert_eq!(status, 302);
    assert!(location.contains("&Key-Pair-Id="), "{location}");
}

#[tokio::test]
async fn presigned_urls_need_none_either_and_a_stream_does() {
    let settings = [("SKEP_DELIVERY__MODE", "presign")];
    let (status, location, _) = without_store(&settings, GLEAM).await;
    assert_eq!(status, 302);
    assert!(location.contains("X-Amz-Signature="), "{location}");
    let streamed = without_store(&settings, MIX).await;
    assert_eq!(streamed, (503, String::new(), String::new()));
}

#[tokio::test]
async fn a_local_url_is_given_and_says_so_where_it_leads() {
    let (status, location, _) = without_store(&[("SKEP_DELIVERY__MODE", "local-url")], MIX).await;
    assert_eq!(status, 302);
    assert!(location.contains("/repo/files/"), "{location}");
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_store_that_says_nothing() {
    let (app, s3) = app_on_bucket(&[]).await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    app.settle().await;
    s3.become_(Mood::Silent);
    let begun = Instant::now();
    let answer = app.get(PATH).key(&key).agent(MIX).send().await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, ""));
    // mix gives up after 15.
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(14), "{took:?}");
    let package = app.get("/repo/packages/alpha").key(&key).send().await;
    assert_eq!(package.versions_of("alpha"), ["1.0.0"]);
}
