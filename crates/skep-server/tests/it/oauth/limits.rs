//! What is too much.

use serde_json::json;
use skep_server::accounts::attempts::AttemptError;
use skep_server::oauth::clients::MIX;
use skep_server::oauth::error::OAuthError;
use skep_server::oauth::logins::{self, DeviceError};

use super::{Desk, text};
use crate::support::{TestApp, on_each_app};

#[tokio::test]
async fn guessing_user_codes_is_limited_and_its_user_is_not_locked_out_for_good() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let begun = desk.begin("api").await;
        let (actor, code) = (desk.actor(), text(&begun, "user_code"));
        let (app, approver) = (&desk.app.node.app, desk.approver(&actor));
        let mut looked_at = 0;
        for number in 0..1_000_u32 {
            let guess: String = format!("{number:08}").replace(['0', '1', '2', '5', '6', '8'], "X");
            match logins::find_by_user_code(app, &approver, &guess).await {
                Err(DeviceError::Unknown | DeviceError::NotACode(_)) => looked_at += 1,
                Err(DeviceError::Attempt(AttemptError::TooMany { .. })) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(looked_at <= 10, "{looked_at}");
        let refused = logins::approve(app, &approver, &code, None).await;
        assert!(matches!(refused, Err(DeviceError::Attempt(_))));
        desk.app.clock.advance(30);
        logins::approve(app, &approver, &code, None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn wrong_refresh_tokens_are_limited_and_right_ones_are_not() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let tokens = desk.login("api").await;
        let mut last = None;
        for _ in 0..40 {
            let wrong = json!({"refresh_token": "skr_wrong"});
            last = Some(desk.refresh(&wrong).await);
        }
        let last = last.unwrap();
        last.expect_refusal(429, "too_many_requests");
        assert!(!last.header("retry-after").is_empty());
        assert_eq!(desk.refresh(&tokens).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn an_address_begins_only_so_many_logins_a_minute() {
    let desk = Desk::new(TestApp::new().await).await;
    let body = json!({"client_id": MIX, "scope": "api"});
    for _ in 0..120 {
        let answer = desk.post("device_authorization", body.clone()).await;
        assert_eq!(answer.status, 200);
    }
    let answer = desk.post("device_authorization", body.clone()).await;
    answer.expect_refusal(429, "too_many_requests");
    desk.app.clock.advance(60);
    let answer = desk.post("device_authorization", body).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_address_begins_only_so_many_logins_a_minute_at_all_nodes_together() {
    on_each_app(async |app: TestApp| {
        let other = app.other_process().await;
        let nodes = [&*app.node.app, &other];
        let request = logins::Begin {
            client: MIX,
            name: "laptop",
            scope: "api",
            address: "192.0.2.7".parse().unwrap(),
        };
        for turn in 0..120 {
            logins::begin(nodes[turn % 2], &request).await.unwrap();
        }
        for node in nodes {
            let refused = logins::begin(node, &request).await.unwrap_err();
            assert!(matches!(refused, OAuthError::TooMany { .. }), "{refused}");
            let elsewhere = logins::Begin {
                address: "192.0.2.8".parse().unwrap(),
                ..request.clone()
            };
            logins::begin(node, &elsewhere).await.unwrap();
        }
        app.clock.advance(60);
        logins::begin(&other, &request).await.unwrap();
    })
    .await;
}
