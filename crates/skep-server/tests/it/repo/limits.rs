//! The limits: on unknown keys, and on a license where the seller sets one.

use crate::support::{Sale, TestApp};

#[tokio::test]
async fn an_address_that_tries_out_keys_has_to_wait() {
    let app = TestApp::with(&[("SKEP_LIMITS__FAILED_KEYS_PER_MINUTE", "3")]).await;
    app.publish("alpha", "1.0.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    for number in 0..3 {
        let answer = app
            .get("/repo/packages/alpha")
            .key(&format!("guess-{number}"))
            .send()
            .await;
        assert_eq!(answer.status, 401);
    }
    app.clock.advance(20);
    let refused = app.get("/repo/packages/alpha").key("guess-4").send().await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "40"));
    assert!(
        refused.text().contains("too many unknown license keys"),
        "{}",
        refused.text()
    );

    // Others at this address are served; so is whoever has no key at all, or another server's token.
    assert_eq!(
        app.get("/repo/packages/alpha")
            .key(&sold.key)
            .send()
            .await
            .status,
        200
    );
    assert_eq!(app.get("/repo/packages/alpha").send().await.status, 401);
    assert_eq!(
        app.get("/repo/packages/alpha")
            .key("Bearer eyJhbGciOiJFUzI1NiJ9.e30.x")
            .send()
            .await
            .status,
        401
    );

    app.clock.advance(40);
    assert_eq!(
        app.get("/repo/packages/alpha")
            .key("guess-5")
            .send()
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_license_works_the_moment_it_is_issued_and_does_not_count() {
    let app = TestApp::with(&[("SKEP_LIMITS__FAILED_KEYS_PER_MINUTE", "1")]).await;
    app.publish("alpha", "1.0.0").await;
    for _ in 0..5 {
        let sold = app.sell(Sale::of("alpha")).await;
        assert_eq!(
            app.get("/repo/packages/alpha")
                .key(&sold.key)
                .send()
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_for_itself() {
    let settings = [
        ("SKEP_LIMITS__FAILED_KEYS_PER_MINUTE", "1"),
        ("SKEP_SERVER__TRUSTED_PROXIES", "127.0.0.0/8"),
    ];
    let app = TestApp::with(&settings).await;
    let mut statuses = Vec::new();
    for client in ["203.0.113.1", "203.0.113.2", "6.6.6.6, 203.0.113.1"] {
        let ask = app
            .get("/repo/names")
            .key("guess")
            .header("x-forwarded-for", client);
        statuses.push(ask.send().await.status);
    }
    assert_eq!(statuses, [401, 401, 429]);
}

#[tokio::test]
async fn a_license_has_a_limit_where_the_seller_sets_one() {
    let app = TestApp::with(&[("SKEP_LIMITS__LICENSE_PER_MINUTE", "2")]).await;
    app.publish("alpha", "1.0.0").await;
    let (busy, other) = (
        app.sell(Sale::of("alpha")).await,
        app.sell(Sale::of("alpha")).await,
    );
    let get = async |key: &str| app.get("/repo/packages/alpha").key(key).send().await;
    assert_eq!(get(&busy.key).await.status, 200);
    assert_eq!(get(&busy.key).await.status, 200);
    let refused = get(&busy.key).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    assert!(
        refused
            .text()
            .contains("too many requests with this license"),
        "{}",
        refused.text()
    );
    assert_eq!(get(&other.key).await.status, 200);
    app.clock.advance(60);
    assert_eq!(get(&busy.key).await.status, 200);
}
