//! The formats of requests and answers.

use reqwest::Method;
use serde_json::json;
use skep_formats::etf;
use skep_server::oauth::clients::MIX;

use super::Desk;
use crate::support::{Answer, MIX as HEX, Sale, TestApp};

#[tokio::test]
async fn hex_exchanges_a_key_in_erlang_terms() {
    let desk = Desk::new(TestApp::new().await).await;
    let sold = desk.app.sell(Sale::of("alpha")).await;
    let body = json!({
        "grant_type": "client_credentials", "client_id": MIX, "client_secret": sold.key,
        "scope": "repositories",
    });
    let send = async |path: &str, body| {
        let ask = desk.app.ask(Method::POST, &format!("/api/oauth/{path}"));
        let ask = ask.agent(HEX).header("accept", etf::CONTENT_TYPE);
        let ask = ask.header("content-type", etf::CONTENT_TYPE);
        ask.body(etf::encode(&body)).send().await
    };
    let value = |answer: &Answer| etf::decode(&answer.body, 1 << 20).unwrap();
    let answer = send("token", body).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").contains(etf::CONTENT_TYPE));
    let tokens = value(&answer);
    assert_eq!(tokens["expires_in"], 1_800);
    assert_eq!(tokens["scope"], "repository:acme");

    let refused = send("token", json!({"grant_type": "magic"})).await;
    assert_eq!(refused.status, 400);
    assert_eq!(value(&refused)["error"], "unsupported_grant_type");
    let revoked = send(
        "revoke",
        json!({"token": tokens["access_token"], "client_id": MIX}),
    )
    .await;
    assert_eq!(revoked.status, 200);
}

#[tokio::test]
async fn other_clients_send_forms() {
    let desk = Desk::new(TestApp::new().await).await;
    let sold = desk.app.sell(Sale::of("alpha")).await;
    let ask = desk
        .app
        .ask(Method::POST, "/api/oauth/token")
        .agent("test/1");
    let ask = ask.header("content-type", "application/x-www-form-urlencoded");
    let body = format!(
        "grant_type=client_credentials&client_id={MIX}&client_secret={}&scope=repositories",
        sold.key
    );
    let answer = ask.body(body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["scope"], "repository:acme");
}
