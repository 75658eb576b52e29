//! Refresh tokens: each is good once.

use serde_json::json;
use skep_server::accounts::login::{self, LoggedIn};
use skep_server::accounts::password::Password;
use skep_server::accounts::sessions::{self, Origin};
use skep_server::accounts::{passwords, users};
use skep_server::db::audit::Actor;
use skep_server::oauth::clients::REBAR3;
use skep_server::oauth::grants;

use super::{Desk, text};
use crate::support::{MIX, TestApp, on_each_app};

#[tokio::test]
async fn each_refresh_gives_the_next_pair() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let mut tokens = desk.login("api repositories").await;
        for _ in 0..3 {
            desk.app.clock.advance(1_700);
            let answer = desk.refresh(&tokens).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let next = answer.json();
            assert_ne!(next["refresh_token"], tokens["refresh_token"]);
            assert_ne!(next["access_token"], tokens["access_token"]);
            assert_eq!(next["scope"], "api repositories");
            tokens = next;
        }
    })
    .await;
}

#[tokio::test]
async fn a_replayed_refresh_token_ends_the_login_everywhere() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        let first = desk.login("repositories").await;
        let second = desk.refresh(&first).await.json();
        let access = text(&second, "access_token");
        let path = "/repo/packages/alpha";
        assert_eq!(desk.fetch(path, &access).await.status, 200);

        (desk.refresh(&first).await).expect_refusal(400, "invalid_grant");
        // The one who has the newer pair is out as well: nobody knows who is the thief.
        (desk.refresh(&second).await).expect_refusal(400, "invalid_grant");
        let refused = desk.fetch(path, &access).await;
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").starts_with("Basic"));
        let audit = desk.app.audit().await;
        let ends: Vec<_> = audit.iter().filter(|it| it.action == "oauth.end").collect();
        assert_eq!(ends.len(), 1);
        assert_eq!(ends[0].detail["because"], "replayed");
        assert!(
            grants::list(&desk.app.node.app, desk.rosa.id)
                .await
                .unwrap()
                .is_empty()
        );
        // Another login is another matter.
        desk.login("api").await;
    })
    .await;
}

#[tokio::test]
async fn two_refreshes_at_once_are_a_replay() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let tokens = desk.login("api").await;
        let (a, b) = tokio::join!(desk.refresh(&tokens), desk.refresh(&tokens));
        let mut codes = [a.status, b.status];
        codes.sort_unstable();
        assert_eq!(codes, [200, 400]);
        let won = if a.status == 200 { a } else { b };
        (desk.refresh(&won.json()).await).expect_refusal(400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_login_lasts_thirty_days_on_the_second() {
    let desk = Desk::new(TestApp::new().await).await;
    let tokens = desk.login("api").await;
    desk.app.clock.advance(30 * 86_400 - 1);
    let tokens = desk.refresh(&tokens).await.json();
    desk.app.clock.advance(1);
    (desk.refresh(&tokens).await).expect_refusal(400, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_alone_and_nobody_elses_try_uses_it_up() {
    let desk = Desk::new(TestApp::new().await).await;
    let tokens = desk.login("api").await;
    let body = json!({
        "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"],
        "client_id": REBAR3,
    });
    (desk.post("token", body).await).expect_refusal(400, "invalid_grant");
    assert_eq!(desk.refresh(&tokens).await.status, 200);
}

#[tokio::test]
async fn another_password_ends_every_login() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let tokens = desk.login("api").await;
        let begun = desk.begin("api").await;
        desk.approve(&begun).await;
        let password = Password::from_text("correct horse battery");
        let set = passwords::set(&desk.app.node.app, "rosa", &password, &Actor::Cli).await;
        set.unwrap();
        (desk.refresh(&tokens).await).expect_refusal(400, "invalid_grant");
        (desk.poll(&begun).await).expect_refusal(400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_is_out() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        let tokens = desk.login("repositories").await;
        let begun = desk.begin("api").await;
        desk.approve(&begun).await;
        users::disable(&desk.app.node.app, "rosa", &Actor::Cli)
            .await
            .unwrap();
        desk.app.settle().await;
        (desk.refresh(&tokens).await).expect_refusal(400, "invalid_grant");
        (desk.poll(&begun).await).expect_refusal(400, "invalid_grant");
        let answer = desk
            .fetch("/repo/packages/alpha", &text(&tokens, "access_token"))
            .await;
        assert_eq!(answer.status, 401);
    })
    .await;
}

#[tokio::test]
async fn the_logins_of_a_disabled_user_have_ended_for_good() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let app = &desk.app.node.app;
        let password = Password::from_text("correct horse battery");
        let set = passwords::set(app, "rosa", &password, &Actor::Cli).await;
        set.unwrap();
        let origin = Origin {
            address: [127, 0, 0, 1].into(),
            user_agent: String::new(),
        };
        let browser = login::with_password(app, "rosa", &password, &origin).await;
        let Ok(LoggedIn::Whole(browser)) = browser else {
            panic!("{browser:?}");
        };
        let key = desk.app.api_key("rosa", "api:read").await;
        let tokens = desk.login("repositories").await;
        let begun = desk.begin("api").await;
        desk.approve(&begun).await;
        users::disable(app, "rosa", &Actor::Cli).await.unwrap();
        users::disable(app, "rosa", &Actor::Cli).await.unwrap();
        users::enable(app, "rosa", &Actor::Cli).await.unwrap();
        desk.app.settle().await;

        (desk.refresh(&tokens).await).expect_refusal(400, "invalid_grant");
        (desk.poll(&begun).await).expect_refusal(400, "invalid_grant");
        let answer = desk
            .fetch("/repo/packages/alpha", &text(&tokens, "access_token"))
            .await;
        assert_eq!(answer.status, 401);
        let found = sessions::find(app, &browser.token).await.unwrap();
        assert!(found.is_none());
        let ask = desk.app.get("/api/users/me").key(&key).agent(MIX);
        let answer = ask.send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());

        let audit = desk.app.audit().await;
        let disabled: Vec<_> = audit
            .iter()
            .filter(|it| it.action == "user.disable")
            .map(|it| it.detail.clone())
            .collect();
        let ended = json!({"ended": {"browsers": 1, "tools": 1}});
        assert_eq!(disabled, [ended]);
    })
    .await;
}
