//! What users' API keys and tokens open below `/repo`, and what no token opens.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use skep_server::accounts::role::Role;
use skep_server::accounts::users;
use skep_server::db::audit::Actor;
use skep_server::usage::report::{Asked, report};

use super::{Desk, text};
use crate::support::{MIX, Sale, TestApp, on_each_app};

#[tokio::test]
async fn the_sellers_own_people_see_everything() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let tarball = desk.app.publish("alpha", "1.0.0").await;
        desk.app.publish("alpha", "1.1.0").await;
        desk.app.user("dev", Role::Viewer).await;
        let everything = desk.app.sell(Sale::of("*")).await.key;
        let tokens = desk.login("api repositories").await;
        let bearer = format!("Bearer {}", text(&tokens, "access_token"));
        let one = desk.app.api_key("rosa", "repository:acme").await;
        let all = desk.app.api_key("dev", "api repositories").await;
        for path in ["/repo/packages/alpha", "/repo/names", "/repo/versions"] {
            let expected = desk.app.get(path).key(&everything).send().await;
            for credential in [&bearer, &one, &all, &format!("Bearer {one}")] {
                let answer = desk.app.get(path).key(credential).send().await;
                assert_eq!(
                    (answer.status, &answer.body),
                    (200, &expected.body),
                    "{path}"
                );
            }
        }
        for credential in [&bearer, &one] {
            let path = "/repo/tarballs/alpha-1.0.0.tar";
            let answer = desk.app.get(path).key(credential).send().await;
            assert_eq!((answer.status, &answer.body), (200, &tarball));
            for (path, status) in [
                ("/repo/packages/nothing", 404),
                ("/repo/tarballs/alpha-9.9.9.tar", 404),
                ("/repo/docs/alpha-1.0.0.tar.gz", 404),
                ("/repo/repos/nowhere/names", 404),
                ("/repo/public_key", 200),
            ] {
                let answer = desk.app.get(path).key(credential).send().await;
                assert_eq!(answer.status, status, "{path}");
            }
        }
        let path = "/repo/repos/sub/names";
        assert_eq!(desk.app.get(path).key(&one).send().await.status, 403);
        assert_eq!(desk.app.get(path).key(&bearer).send().await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn permissions_for_other_things_do_not_open_the_repository() {
    let desk = Desk::new(TestApp::new().await).await;
    desk.app.publish("alpha", "1.0.0").await;
    let key = desk
        .app
        .api_key("rosa", "api package:acme/alpha docs:acme")
        .await;
    let path = "/repo/packages/alpha";
    let answer = desk.app.get(path).key(&key).send().await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains("repository:acme"),
        "{}",
        answer.text()
    );
    let answer = desk.app.get(path).key(&key).agent(MIX).send().await;
    assert_eq!(answer.status, 402, "mix shows the text of this one");
    let tokens = desk.login("api").await;
    let answer = desk.fetch(path, &text(&tokens, "access_token")).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn a_closed_account_opens_nothing() {
    let desk = Desk::new(TestApp::new().await).await;
    desk.app.publish("alpha", "1.0.0").await;
    let key = desk.app.api_key("rosa", "repositories").await;
    let path = "/repo/packages/alpha";
    assert_eq!(desk.app.get(path).key(&key).send().await.status, 200);
    users::disable(&desk.app.node.app, "rosa", &Actor::Cli)
        .await
        .unwrap();
    desk.app.settle().await;
    let answer = desk.app.get(path).key(&key).send().await;
    assert_eq!(answer.status, 401);
    let nonsense = desk.app.get(path).key("ska_mistyped").send().await;
    assert_eq!(nonsense.status, 401);
    assert!(nonsense.text().contains("character"), "{}", nonsense.text());
}

#[tokio::test]
async fn the_sellers_own_fetches_are_counted_without_a_license() {
    let desk = Desk::new(TestApp::new().await).await;
    desk.app.publish("alpha", "1.0.0").await;
    let key = desk.app.api_key("rosa", "repositories").await;
    let path = "/repo/tarballs/alpha-1.0.0.tar";
    desk.app.get(path).key(&key).send().await;
    desk.app.node.usage.flush().await;
    let asked = Asked {
        by_license: true,
        by_package: true,
        by_status: true,
        limit: 10,
        ..Asked::default()
    };
    let rows = report(&desk.app.node.app, &asked).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].license, None);
    assert_eq!(rows[0].package.as_deref(), Some("alpha"));
    assert_eq!((rows[0].status, rows[0].requests), (Some(200), 1));
}

fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

#[tokio::test]
async fn tokens_that_are_not_ours_are_refused() {
    let desk = Desk::new(TestApp::new().await).await;
    desk.app.publish("alpha", "1.0.0").await;
    let sold = desk.app.sell(Sale::of("alpha")).await;
    let token = desk.token(&sold.key, "repositories").await;
    let parts: Vec<&str> = token.split('.').collect();
    let claims = BASE64URL_NOPAD.decode(parts[1].as_bytes()).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    let none = part(&json!({"alg": "none", "typ": "JWT"}));
    let hs256 = part(&json!({"alg": "HS256", "typ": "JWT"}));
    let other = Desk::new(TestApp::new().await).await;
    let key = other.app.sell(Sale::of("alpha")).await.key;
    claims["exp"] = json!(4_000_000_000_i64);
    let forged = [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{hs256}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], part(&claims), parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{token}x"),
        other.token(&key, "repositories").await,
    ];
    for token in &forged {
        let answer = desk.fetch("/repo/packages/alpha", token).await;
        assert_eq!(answer.status, 401, "{token}");
        assert!(
            answer.text().contains("another server's token"),
            "{}",
            answer.text()
        );
        assert!(answer.header("www-authenticate").starts_with("Basic"));
        assert_eq!(desk.fetch("/repo/public_key", token).await.status, 200);
    }
    assert_eq!(desk.fetch("/repo/packages/alpha", &token).await.status, 200);
}

#[tokio::test]
async fn a_token_of_a_key_that_this_node_does_not_know_yet_works_at_once() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        let elsewhere = desk.app.other_process().await;
        let sold = desk.app.sell_in(&elsewhere, Sale::of("alpha")).await;
        let token = desk.token(&sold.key, "repositories").await;
        assert_eq!(desk.fetch("/repo/packages/alpha", &token).await.status, 200);
    })
    .await;
}
