//! Giving tokens up.

use data_encoding::HEXLOWER;
use serde_json::json;
use skep_formats::checksum::Sha256;
use skep_server::jobs::prune_oauth::prune_oauth;
use skep_server::node::Node;
use skep_server::oauth::clients::{MIX, REBAR3};
use skep_server::oauth::grants;
use skep_server::oauth::tokens::{self, TokenError};

use super::{Desk, text};
use crate::support::{Sale, TestApp, on_each_app};

const PACKAGE: &str = "/repo/packages/alpha";

#[tokio::test]
async fn a_login_is_given_up_by_either_of_its_tokens() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        for which in ["access_token", "refresh_token"] {
            let tokens = desk.login("repositories").await;
            let access = text(&tokens, "access_token");
            assert_eq!(desk.fetch(PACKAGE, &access).await.status, 200);
            let body = json!({"token": tokens[which], "client_id": MIX});
            assert_eq!(desk.post("revoke", body).await.status, 200);
            assert_eq!(desk.fetch(PACKAGE, &access).await.status, 401, "{which}");
            (desk.refresh(&tokens).await).expect_refusal(400, "invalid_grant");
        }
        let audit = desk.app.audit().await;
        let end = audit.iter().find(|it| it.action == "oauth.end").unwrap();
        assert_eq!(end.actor, "user rosa");
        assert_eq!(end.detail["because"], "revoked");
    })
    .await;
}

#[tokio::test]
async fn a_login_is_given_up_by_the_hash_of_its_refresh_token() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let tokens = desk.login("api").await;
        let hash = Sha256::of(text(&tokens, "refresh_token").as_bytes());
        let hash = HEXLOWER.encode(hash.as_bytes());
        for wrong in [hash.replace(&hash[..4], "0000"), "rubbish".to_owned()] {
            let body = json!({"token_hash": wrong});
            assert_eq!(desk.post("revoke_by_hash", body).await.status, 200);
        }
        let next = desk.refresh(&tokens).await;
        assert_eq!(next.status, 200);
        // The hash of a used one is as good.
        let body = json!({"token_hash": hash.to_uppercase()});
        assert_eq!(desk.post("revoke_by_hash", body).await.status, 200);
        (desk.refresh(&next.json()).await).expect_refusal(400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_told_whether_there_was_a_token() {
    let desk = Desk::new(TestApp::new().await).await;
    let tokens = desk.login("api").await;
    for token in ["", "x"] {
        let body = json!({"token": format!("nothing{token}"), "client_id": MIX});
        assert_eq!(desk.post("revoke", body).await.status, 200);
    }
    let body = json!({"token": tokens["refresh_token"], "client_id": REBAR3});
    assert_eq!(desk.post("revoke", body).await.status, 200);
    assert_eq!(desk.refresh(&tokens).await.status, 200, "another client's");
}

#[tokio::test]
async fn an_exchanged_token_is_given_up_alone() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        let sold = desk.app.sell(Sale::of("alpha")).await;
        let first = desk.token(&sold.key, "repositories").await;
        let second = desk.token(&sold.key, "repositories").await;
        let body = json!({"token": first, "client_id": MIX});
        assert_eq!(desk.post("revoke", body).await.status, 200);
        assert_eq!(desk.fetch(PACKAGE, &first).await.status, 401);
        assert_eq!(desk.fetch(PACKAGE, &second).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn every_node_refuses_what_was_given_up() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let other = Node::start(desk.app.other_process().await).await.unwrap();
        let tokens = desk.login("api").await;
        let access = text(&tokens, "access_token");
        assert!(tokens::verify(&other, &access).is_ok());
        let body = json!({"token": tokens["refresh_token"], "client_id": MIX});
        assert_eq!(desk.post("revoke", body).await.status, 200);
        other.snapshot.refresh().await.unwrap();
        assert_eq!(tokens::verify(&other, &access), Err(TokenError::Revoked));
        // One that starts later as well.
        let late = Node::start(desk.app.other_process().await).await.unwrap();
        assert_eq!(tokens::verify(&late, &access), Err(TokenError::Revoked));
        other.stop().await;
        late.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_user_ends_one_of_their_logins() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let tokens = desk.login("api").await;
        let app = &desk.app.node.app;
        let grants = grants::list(app, desk.rosa.id).await.unwrap();
        assert_eq!(grants.len(), 1);
        assert_eq!(grants[0].name, "laptop");
        let (actor, id) = (desk.actor(), grants[0].id);
        assert!(grants::end(app, desk.rosa.id, id, &actor).await.unwrap());
        assert!(!grants::end(app, desk.rosa.id, id, &actor).await.unwrap());
        (desk.refresh(&tokens).await).expect_refusal(400, "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn what_is_over_is_forgotten_and_stays_over() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let tokens = desk.login("api").await;
        let lives = desk.login("api").await;
        let body = json!({"token": tokens["refresh_token"], "client_id": MIX});
        desk.post("revoke", body).await;
        let app = &desk.app.node.app;
        let prune = async || prune_oauth(&app.db, app.clock.now()).await.unwrap();
        assert_eq!(prune().await, 0);
        desk.app.clock.advance(3_601);
        assert_eq!(prune().await, 1, "its access token has expired");
        desk.app.settle().await;
        let access = text(&tokens, "access_token");
        let verified = tokens::verify(&desk.app.node, &access);
        assert!(matches!(verified, Err(TokenError::Expired { .. })));
        desk.app.clock.advance(8 * 86_400);
        assert_eq!(prune().await, 3, "two device codes, one login");
        (desk.refresh(&tokens).await).expect_refusal(400, "invalid_grant");
        assert_eq!(desk.refresh(&lives).await.status, 200);
    })
    .await;
}
