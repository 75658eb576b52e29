//! Requests that make no sense.

use reqwest::Method;
use serde_json::{Value, json};
use skep_server::oauth::clients::MIX;

use super::{DEVICE_CODE, Desk};
use crate::support::TestApp;

#[tokio::test]
async fn every_refusal_has_its_name_and_its_code() {
    let desk = Desk::new(TestApp::new().await).await;
    let token = |body: Value| ("token", body);
    let device = |body: Value| ("device_authorization", body);
    let cases = [
        (token(json!({})), 400, "invalid_request"),
        (token(json!({"grant_type": 1})), 400, "invalid_request"),
        (token(json!({"grant_type": ""})), 400, "invalid_request"),
        (
            token(json!({"grant_type": "password"})),
            400,
            "unsupported_grant_type",
        ),
        (
            token(json!({"grant_type": DEVICE_CODE})),
            400,
            "invalid_request",
        ),
        (
            token(json!({"grant_type": DEVICE_CODE, "client_id": MIX})),
            400,
            "invalid_request",
        ),
        (
            token(json!({"grant_type": DEVICE_CODE, "client_id": MIX, "device_code": "x"})),
            400,
            "invalid_grant",
        ),
        (
            token(json!({"grant_type": DEVICE_CODE, "client_id": "x", "device_code": "x"})),
            401,
            "invalid_client",
        ),
        (
            token(json!({"grant_type": "refresh_token", "client_id": MIX})),
            400,
            "invalid_request",
        ),
        (
            token(json!({"grant_type": "refresh_token", "client_id": MIX, "refresh_token": "x"})),
            400,
            "invalid_grant",
        ),
        (
            token(json!({"grant_type": "client_credentials", "client_id": MIX})),
            400,
            "invalid_request",
        ),
        (
            token(json!({
                "grant_type": "client_credentials", "client_id": "x", "client_secret": "x",
            })),
            401,
            "invalid_client",
        ),
        (
            token(json!({
                "grant_type": "client_credentials", "client_id": MIX, "client_secret": "x",
                "scope": ["repositories"],
            })),
            400,
            "invalid_request",
        ),
        (device(json!({})), 400, "invalid_request"),
        (device(json!({"client_id": MIX})), 400, "invalid_scope"),
        (
            device(json!({"client_id": MIX, "scope": "root"})),
            400,
            "invalid_scope",
        ),
        (
            device(json!({"client_id": "x", "scope": "api"})),
            401,
            "invalid_client",
        ),
        (
            device(json!({"client_id": MIX, "scope": "api", "name": 1})),
            400,
            "invalid_request",
        ),
        (("revoke", json!({})), 400, "invalid_request"),
        (("revoke_by_hash", json!({})), 400, "invalid_request"),
    ];
    for ((path, body), status, error) in cases {
        let answer = desk.post(path, body.clone()).await;
        assert_eq!(
            answer.refusal(),
            (status, error.to_owned()),
            "{path} {body}"
        );
        assert!(answer.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_in_the_same_shape() {
    let desk = Desk::new(TestApp::new().await).await;
    for (kind, body) in [
        ("application/json", "{"),
        ("application/json", "[1]"),
        ("application/vnd.hex+erlang", "rubbish"),
        ("text/plain", "grant_type=refresh_token"),
    ] {
        let ask = desk
            .app
            .ask(Method::POST, "/api/oauth/token")
            .agent("test/1");
        let answer = ask.header("content-type", kind).body(body).send().await;
        let (status, error) = answer.refusal();
        assert_eq!(error, "invalid_request", "{kind}");
        assert!((400..500).contains(&status), "{kind}: {status}");
    }
    let answer = desk
        .app
        .get("/api/oauth/token")
        .agent("test/1")
        .send()
        .await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn no_secret_is_in_a_refusal() {
    let desk = Desk::new(TestApp::new().await).await;
    for field in ["device_code", "refresh_token", "client_secret"] {
        for grant in [DEVICE_CODE, "refresh_token", "client_credentials"] {
            let mut body = json!({"grant_type": grant, "client_id": MIX});
            body[field] = "sesame-secret".into();
            let answer = desk.post("token", body).await;
            assert!(!answer.text().contains("sesame"), "{}", answer.text());
        }
    }
}
