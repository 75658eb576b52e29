//! A key for a token of half an hour.

use skep_server::accounts::api_keys;
use skep_server::accounts::role::Role;
use skep_server::db::audit::Actor;
use skep_server::licensing::keys;
use skep_server::licensing::licenses;

use super::{Desk, text};
use crate::support::{MIX, Sale, TODAY, TestApp, on_each_app};

const PACKAGE: &str = "/repo/packages/alpha";

#[tokio::test]
async fn a_license_key_is_exchanged_and_the_token_opens_what_the_key_opens() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        desk.app.publish("beta", "1.0.0").await;
        let sold = desk.app.sell(Sale::of("alpha")).await;
        let answer = desk.exchange(&sold.key, "repositories").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let tokens = answer.json();
        assert_eq!(tokens["scope"], "repository:acme");
        assert_eq!(tokens["expires_in"], 1_800);
        assert_eq!(tokens["token_type"], "bearer");
        assert!(tokens.get("refresh_token").is_none());
        let token = text(&tokens, "access_token");
        let with_key = desk.app.get(PACKAGE).key(&sold.key).send().await;
        let with_token = desk.fetch(PACKAGE, &token).await;
        assert_eq!((with_token.status, &with_token.body), (200, &with_key.body));
        let tarball = desk.fetch("/repo/tarballs/alpha-1.0.0.tar", &token).await;
        assert_eq!(tarball.status, 200);
        assert_eq!(desk.fetch("/repo/packages/beta", &token).await.status, 403);
        assert_eq!(desk.fetch("/repo/names", &token).await.status, 200);
        assert_eq!(desk.fetch("/repo/public_key", &token).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_token_ends_on_the_second() {
    let desk = Desk::new(TestApp::new().await).await;
    desk.app.publish("alpha", "1.0.0").await;
    let sale = Sale::of("alpha").starts_at(TODAY.plus_days(-1));
    let sold = desk.app.sell(sale).await;
    let token = desk.token(&sold.key, "repositories").await;
    desk.app.clock.advance(1_799);
    assert_eq!(desk.fetch(PACKAGE, &token).await.status, 200);
    desk.app.clock.advance(1);
    let expired = desk.fetch(PACKAGE, &token).await;
    assert_eq!(expired.status, 401);
    let challenge = "Bearer realm=\"hex\", error=\"token_expired\"";
    assert_eq!(expired.header("www-authenticate"), challenge);
    assert!(expired.text().contains("expired"), "{}", expired.text());
    // The clock of the node that verifies may be behind, by half a minute.
    desk.app.clock.advance(-1_800 - 30);
    assert_eq!(desk.fetch(PACKAGE, &token).await.status, 200);
    desk.app.clock.advance(-1);
    assert_eq!(desk.fetch(PACKAGE, &token).await.status, 401);
}

#[tokio::test]
async fn every_state_of_the_license_and_its_key_counts_for_its_tokens() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        let sold = desk.app.sell(Sale::of("alpha")).await;
        let token = desk.token(&sold.key, "repositories").await;
        let node = &desk.app.node.app;
        let license = sold.license.as_str();

        licenses::suspend(node, license, &Actor::Cli).await.unwrap();
        desk.app.settle().await;
        let refused = desk.fetch(PACKAGE, &token).await;
        assert_eq!(refused.status, 402);
        assert!(refused.text().contains("suspended"), "{}", refused.text());
        // A new token for it opens as little, and says so where mix shows it.
        let another = desk.token(&sold.key, "repositories").await;
        assert_eq!(desk.fetch(PACKAGE, &another).await.status, 402);

        licenses::resume(node, license, &Actor::Cli).await.unwrap();
        desk.app.settle().await;
        assert_eq!(desk.fetch(PACKAGE, &token).await.status, 200);

        let key = sold.key_id.parse().unwrap();
        keys::revoke(node, key, &Actor::Cli).await.unwrap();
        desk.app.settle().await;
        let refused = desk.fetch(PACKAGE, &token).await;
        assert_eq!(refused.status, 401);
        assert!(refused.text().contains("was revoked"), "{}", refused.text());
        assert!(refused.header("www-authenticate").starts_with("Basic"));
    })
    .await;
}

#[tokio::test]
async fn a_dead_key_is_refused_except_to_mix_which_would_not_show_the_text() {
    let desk = Desk::new(TestApp::new().await).await;
    desk.app.publish("alpha", "1.0.0").await;
    let sold = desk.app.sell(Sale::of("alpha")).await;
    let key = sold.key_id.parse().unwrap();
    keys::revoke(&desk.app.node.app, key, &Actor::Cli)
        .await
        .unwrap();
    desk.app.settle().await;
    let refused = desk.exchange(&sold.key, "repositories").await;
    refused.expect_refusal(401, "invalid_client");
    assert!(refused.text().contains("was revoked"), "{}", refused.text());

    let body = serde_json::json!({
        "grant_type": "client_credentials", "client_id": super::MIX_ID,
        "client_secret": sold.key, "scope": "repositories",
    });
    let ask = desk.app.ask(reqwest::Method::POST, "/api/oauth/token");
    let answer = ask.agent(MIX).json(&body).send().await;
    assert_eq!(answer.status, 200);
    let bearer = format!("Bearer {}", text(&answer.json(), "access_token"));
    let shown = desk.app.get(PACKAGE).key(&bearer).agent(MIX).send().await;
    assert_eq!(shown.status, 402);
    assert!(shown.text().contains("was revoked"), "{}", shown.text());
}

#[tokio::test]
async fn parallel_builds_do_not_end_each_others_tokens() {
    let desk = Desk::new(TestApp::new().await).await;
    desk.app.publish("alpha", "1.0.0").await;
    let sold = desk.app.sell(Sale::of("alpha")).await;
    let mut tokens = Vec::new();
    for _ in 0..30 {
        tokens.push(desk.token(&sold.key, "repositories").await);
    }
    for token in &tokens {
        assert_eq!(desk.fetch(PACKAGE, token).await.status, 200);
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 30);
}

#[tokio::test]
async fn a_license_token_goes_no_further_than_its_scope() {
    let desk = Desk::new(TestApp::new().await).await;
    let sold = desk.app.sell(Sale::of("alpha").in_repository("sub")).await;
    for scope in [
        "api",
        "api repositories",
        "repository:acme",
        "licenses:read",
        "rubbish",
    ] {
        (desk.exchange(&sold.key, scope).await).expect_refusal(400, "invalid_scope");
    }
    let answer = desk.exchange(&sold.key, "").await;
    assert_eq!(answer.json()["scope"], "repository:sub");
    let token = text(&answer.json(), "access_token");
    let elsewhere = desk.fetch("/repo/names", &token).await;
    assert_eq!(elsewhere.status, 403);
    assert!(
        elsewhere.text().contains("repository:sub"),
        "{}",
        elsewhere.text()
    );
    assert_eq!(
        desk.fetch("/repo/repos/sub/names", &token).await.status,
        200
    );
}

#[tokio::test]
async fn an_api_key_is_exchanged_for_what_it_has() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        desk.app.user("ci", Role::Viewer).await;
        let key = desk.app.api_key("ci", "api:read repository:acme").await;
        let answer = desk.exchange(&key, "repositories").await;
        assert_eq!(answer.json()["scope"], "repository:acme");
        let token = text(&answer.json(), "access_token");
        assert_eq!(desk.fetch(PACKAGE, &token).await.status, 200);
        assert_eq!(
            desk.fetch("/repo/repos/sub/names", &token).await.status,
            403
        );
        (desk.exchange(&key, "api").await).expect_refusal(400, "invalid_scope");
        let read = desk.token(&key, "api:read").await;
        assert_eq!(desk.fetch(PACKAGE, &read).await.status, 403);

        let app = &desk.app.node.app;
        let record = api_keys::list(app, "ci").await.unwrap().remove(0);
        api_keys::revoke(app, record.id, &Actor::Cli).await.unwrap();
        desk.app.settle().await;
        let refused = desk.fetch(PACKAGE, &token).await;
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").starts_with("Basic"));
        (desk.exchange(&key, "repositories").await).expect_refusal(401, "invalid_client");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_key_is_refused_and_counted() {
    let app = TestApp::with(&[("SKEP_LIMITS__FAILED_KEYS_PER_MINUTE", "3")]).await;
    let desk = Desk::new(app).await;
    let sold = desk.app.sell(Sale::of("alpha")).await;
    for _ in 0..3 {
        (desk.exchange("wrong", "repositories").await).expect_refusal(401, "invalid_client");
    }
    let refused = desk.exchange("wrong", "repositories").await;
    refused.expect_refusal(429, "too_many_requests");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(desk.exchange(&sold.key, "repositories").await.status, 200);
}
