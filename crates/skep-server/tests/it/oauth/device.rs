//! The device flow.

use serde_json::json;
use skep_server::accounts::permission::Permissions;
use skep_server::oauth::clients::{MIX, REBAR3};
use skep_server::oauth::logins::{self, DeviceError};

use super::{DEVICE_CODE, Desk, text};
use crate::support::{TestApp, on_each_app};

#[tokio::test]
async fn a_login_is_begun_allowed_and_fetched_once() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let begun = desk.begin("api repositories").await;
        let code = text(&begun, "user_code");
        assert!(code.len() == 8 && !code.contains('-'), "{code}");
        let page = format!("{}/oauth/device", desk.app.url);
        assert_eq!(begun["verification_uri"], page);
        let complete = format!("{page}?user_code={code}");
        assert_eq!(begun["verification_uri_complete"], complete);
        assert_eq!(begun["expires_in"], 600);
        assert_eq!(begun["interval"], 5);

        (desk.poll(&begun).await).expect_refusal(400, "authorization_pending");
        desk.approve(&begun).await;
        let answer = desk.poll(&begun).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.header("cache-control").contains("no-store"));
        let tokens = answer.json();
        assert_eq!(tokens["token_type"], "bearer");
        assert_eq!(tokens["expires_in"], 1_800);
        assert_eq!(tokens["scope"], "api repositories");
        assert!(text(&tokens, "refresh_token").starts_with("skr_"));
        (desk.poll(&begun).await).expect_refusal(400, "invalid_grant");

        let audit = desk.app.audit().await;
        let actions: Vec<_> = audit.iter().map(|entry| entry.action.as_str()).collect();
        assert!(actions.contains(&"oauth.device_approve"), "{actions:?}");
        let login = audit.iter().find(|it| it.action == "oauth.login").unwrap();
        assert_eq!(login.actor, "user rosa");
        assert_eq!(login.address.as_deref(), Some("127.0.0.1"));
        assert_eq!(login.detail["name"], "laptop");
    })
    .await;
}

#[tokio::test]
async fn polling_too_often_slows_down_but_never_the_first_time() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let begun = desk.begin("api").await;
        let poll = async |seconds: i64| {
            desk.app.clock.advance(seconds);
            desk.poll(&begun).await.refusal().1
        };
        assert_eq!(poll(0).await, "authorization_pending");
        assert_eq!(poll(5).await, "authorization_pending");
        assert_eq!(poll(4).await, "slow_down");
        assert_eq!(poll(5).await, "slow_down", "10 seconds from now on");
        assert_eq!(poll(15).await, "authorization_pending");
        // Whoever has waited for a word is not told to wait on.
        desk.approve(&begun).await;
        assert_eq!(desk.poll(&begun).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_login_expires_after_ten_minutes_on_the_second() {
    let desk = Desk::new(TestApp::new().await).await;
    let begun = desk.begin("api").await;
    desk.app.clock.advance(599);
    (desk.poll(&begun).await).expect_refusal(400, "authorization_pending");
    desk.app.clock.advance(1);
    (desk.poll(&begun).await).expect_refusal(400, "expired_token");
    let (actor, code) = (desk.actor(), text(&begun, "user_code"));
    let app = &desk.app.node.app;
    let approver = desk.approver(&actor);
    let error = logins::approve(app, &approver, &code, None).await;
    assert!(matches!(error, Err(DeviceError::Expired)));
    let error = logins::find_by_user_code(app, &approver, &code).await;
    assert!(matches!(error, Err(DeviceError::Expired)));
}

#[tokio::test]
async fn a_refused_login_is_denied() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let begun = desk.begin("api").await;
        let (actor, code) = (desk.actor(), text(&begun, "user_code"));
        let app = &desk.app.node.app;
        let approver = desk.approver(&actor);
        logins::deny(app, &approver, &code).await.unwrap();
        (desk.poll(&begun).await).expect_refusal(403, "access_denied");
        let error = logins::approve(app, &approver, &code, None).await;
        assert!(matches!(error, Err(DeviceError::Decided(_))));
        (desk.poll(&begun).await).expect_refusal(403, "access_denied");
    })
    .await;
}

#[tokio::test]
async fn the_page_sees_who_asks_for_what() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let begun = desk.begin("api:read repository:acme").await;
        let (actor, code) = (desk.actor(), text(&begun, "user_code"));
        let typed = format!("{}-{}", &code[..4], &code[4..]).to_lowercase();
        let approver = desk.approver(&actor);
        let app = &desk.app.node.app;
        let pending = logins::find_by_user_code(app, &approver, &typed).await;
        let pending = pending.unwrap();
        assert_eq!(pending.user_code.as_str(), code);
        assert_eq!((&*pending.client, &*pending.name), ("mix", "laptop"));
        assert_eq!(pending.address, "127.0.0.1");
        assert_eq!(pending.scope.scope(), "api:read repository:acme");
        assert_eq!(
            pending.expires_at,
            desk.app.clock.clock().now().plus_seconds(600)
        );
        for wrong in ["", "BCFG-BCFG", "nonsense"] {
            let found = logins::find_by_user_code(app, &approver, wrong).await;
            assert!(found.is_err(), "{wrong}");
        }
    })
    .await;
}

#[tokio::test]
async fn less_may_be_allowed_but_not_more_and_not_nothing() {
    let desk = Desk::new(TestApp::new().await).await;
    let begun = desk.begin("api repositories").await;
    let (actor, code) = (desk.actor(), text(&begun, "user_code"));
    let (app, approver) = (&desk.app.node.app, desk.approver(&actor));
    let scope = |text: &str| {
        let words = text.split_whitespace().map(|word| word.parse().unwrap());
        Permissions::new(words)
    };
    for wrong in ["", "licenses:write", "api licenses:read"] {
        let error = logins::approve(app, &approver, &code, Some(&scope(wrong))).await;
        assert!(matches!(error, Err(DeviceError::Scope)), "{wrong}");
    }
    let granted = scope("repository:acme");
    let approved = logins::approve(app, &approver, &code, Some(&granted)).await;
    approved.unwrap();
    assert_eq!(desk.poll(&begun).await.json()["scope"], "repository:acme");
}

#[tokio::test]
async fn a_device_code_is_its_clients_alone() {
    let desk = Desk::new(TestApp::new().await).await;
    let begun = desk.begin("api").await;
    desk.approve(&begun).await;
    let poll = async |client: &str, code: &str| {
        let body = json!({"grant_type": DEVICE_CODE, "device_code": code, "client_id": client});
        desk.post("token", body).await
    };
    let code = text(&begun, "device_code");
    (poll(REBAR3, &code).await).expect_refusal(400, "invalid_grant");
    (poll("nobody", &code).await).expect_refusal(401, "invalid_client");
    (poll(MIX, "wrong").await).expect_refusal(400, "invalid_grant");
    assert_eq!(poll(MIX, &code).await.status, 200);
}

#[tokio::test]
async fn two_polls_at_once_get_one_pair_of_tokens() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let begun = desk.begin("api").await;
        desk.approve(&begun).await;
        let (a, b, c) = tokio::join!(desk.poll(&begun), desk.poll(&begun), desk.poll(&begun));
        let mut codes = [a.status, b.status, c.status];
        codes.sort_unstable();
        assert_eq!(codes, [200, 400, 400]);
    })
    .await;
}
