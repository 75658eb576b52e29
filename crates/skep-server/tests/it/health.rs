//! `/healthz` and `/readyz`.

use crate::support::TestApp;

#[tokio::test]
async fn a_node_that_serves_is_healthy_and_ready() {
    let app = TestApp::new().await;
    let health = app.get("/healthz").send().await;
    assert_eq!(
        (health.status, health.text(), health.header("cache-control")),
        (200, "ok\n", "no-store")
    );
    let ready = app.get("/readyz").send().await;
    assert_eq!((ready.status, ready.text()), (200, "ready\n"));
}

#[tokio::test]
async fn other_addresses_say_where_the_repository_is() {
    let app = TestApp::new().await;
    let start = app.get("/").send().await;
    assert_eq!(start.status, 200);
    assert!(start.text().contains("/repo"), "{}", start.text());
    for path in [
        "/repo",
        "/repo/",
        "/nothing",
        "/repo/nothing",
        "/repo/repos/acme/nothing",
    ] {
        let answer = app.get(path).send().await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("/repo"), "{path}");
    }
}

#[tokio::test]
async fn only_get_and_head_are_for_files() {
    let app = TestApp::new().await;
    for path in ["/repo/names", "/repo/packages/alpha", "/repo/files/x"] {
        let answer = app.ask(reqwest::Method::POST, path).send().await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET, HEAD"),
            "{path}"
        );
    }
}

/// Fail static: what is known is served.
#[tokio::test]
async fn a_node_whose_database_is_away_serves_what_it_knows_and_says_so() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let sold = app.sell(crate::support::Sale::of("alpha")).await;
    app.settle().await;
    app.node.app.db.close().await;
    app.node
        .snapshot
        .refresh()
        .await
        .expect_err("the database is closed");
    let ready = app.get("/readyz").send().await;
    assert_eq!((ready.status, ready.text()), (200, "degraded: database\n"));
    assert_eq!(
        app.get("/repo/packages/alpha")
            .key(&sold.key)
            .send()
            .await
            .status,
        200
    );
    assert_eq!(
        app.get("/repo/tarballs/alpha-1.0.0.tar")
            .key(&sold.key)
            .send()
            .await
            .status,
        200
    );
    assert_eq!(
        app.get("/repo/packages/alpha")
            .key("skl_unknown")
            .send()
            .await
            .status,
        401
    );
}
