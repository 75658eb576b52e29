//! The store is away.

use skep_server::catalog::publish::publish;

use crate::support::strict_s3::{Mood, StrictS3};
use crate::support::{MIX, Sale, TestApp, app_on_bucket};

const TARBALL: &str = "/repo/tarballs/alpha-1.0.0.tar";

/// The registry is served, files are not, and nothing is published.
async fn only_the_registry(app: &TestApp, key: &str) {
    let package = app
        .get("/repo/packages/alpha")
        .key(key)
        .agent(MIX)
        .send()
        .await;
    assert_eq!(package.package("acme", "alpha").releases.len(), 1);
    assert_eq!(app.get("/repo/versions").key(key).send().await.status, 200);
    let tarball = app.get(TARBALL).key(key).agent(MIX).send().await;
    assert_eq!(
        (tarball.status, tarball.header("retry-after")),
        (503, ""),
        "{}",
        tarball.text()
    );
    let (request, _) = app.release("alpha", "1.1.0");
    let error = publish(&app.node.app, &request).await.unwrap_err();
    assert!(
        error.to_string().contains("does not answer just now"),
        "{error}"
    );
    app.settle().await;
    let package = app.get("/repo/packages/alpha").key(key).send().await;
    assert_eq!(package.package("acme", "alpha").releases.len(), 1);
}

async fn shop() -> (TestApp, StrictS3, String) {
    let (app, s3) = app_on_bucket(&[]).await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    (app, s3, key)
}

#[tokio::test]
async fn a_busy_store_takes_away_files_only_and_comes_back() {
    let (app, s3, key) = shop().await;
    s3.become_(Mood::Busy);
    only_the_registry(&app, &key).await;
    s3.become_(Mood::Strict);
    let tarball = app.get(TARBALL).key(&key).agent(MIX).send().await;
    assert_eq!(tarball.status, 200);
    app.publish("alpha", "1.1.0").await;
}

#[tokio::test]
async fn so_does_one_that_nobody_listens_at() {
    let (app, s3, key) = shop().await;
    s3.go_away();
    only_the_registry(&app, &key).await;
}
