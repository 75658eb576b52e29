//! Keys and what they open, on both databases.

use data_encoding::BASE64;
use reqwest::Method;
use serde_json::{Value, json};
use skep_server::accounts::password::Password;
use skep_server::accounts::passwords;
use skep_server::accounts::role::Role;
use skep_server::db::audit::Actor;

use crate::support::{Answer, CURL, Sale, TestApp, on_each_app, tarball};

async fn call(app: &TestApp, key: &str, (method, path): (Method, &str), body: &Value) -> Answer {
    app.ask(method, path)
        .key(key)
        .agent(CURL)
        .json(body)
        .send()
        .await
}

async fn publish(app: &TestApp, key: &str, name: &str, version: &str) -> u16 {
    let answer = app
        .ask(Method::POST, "/api/publish?replace=false")
        .key(key)
        .agent(CURL)
        .header("content-type", "application/x-tar")
        .body(tarball(name, version, ""))
        .send()
        .await;
    answer.status
}

#[tokio::test]
async fn a_package_through_its_life_on_each_database() {
    on_each_app(async |app| {
        let key = &app.member("rosa", Role::Publisher).await;
        app.user("vic", Role::Viewer).await;
        let license = app.sell(Sale::of("alpha")).await;
        for version in ["1.0.0", "1.1.0"] {
            let (one, two) = tokio::join!(
                publish(&app, key, "alpha", version),
                publish(&app, key, "alpha", version)
            );
            assert_eq!(one.min(two), 201, "one of them wins");
            assert_eq!(one.max(two), 422, "the other is told");
        }
        let tarball = app
            .get("/repo/tarballs/alpha-1.0.0.tar")
            .key(&license.key)
            .send()
            .await;
        assert_eq!(tarball.status, 200);
        let all = "/api/packages/alpha/retire";
        let reason = json!({"reason": "deprecated", "message": "use beta"});
        let retired = call(&app, key, (Method::POST, all), &reason).await;
        assert_eq!(retired.status, 204, "{}", retired.text());
        for level in ["maintainer", "full"] {
            let body = json!({"level": level, "transfer": "false"});
            let path = "/api/packages/alpha/owners/vic";
            assert_eq!(
                call(&app, key, (Method::PUT, path), &body).await.status,
                204
            );
        }
        // Counted in a moment of its own: the test's clock stands still.
        app.node.usage.flush().await;
        let package = app
            .get("/api/packages/alpha")
            .key(key)
            .agent(CURL)
            .send()
            .await
            .json();
        assert_eq!(package["retirements"].as_object().unwrap().len(), 2);
        assert_eq!(package["owners"].as_array().unwrap().len(), 2);
        assert_eq!(package["downloads"], json!({"all": 1, "week": 1, "day": 1}));
        let found = app
            .get("/api/packages?search=alp&sort=total_downloads")
            .key(key)
            .agent(CURL)
            .send()
            .await
            .json();
        assert_eq!(found[0]["downloads"]["all"], 1);
        let release = (Method::DELETE, "/api/packages/alpha/releases/1.0.0");
        assert_eq!(call(&app, key, release, &json!({})).await.status, 422);
        let release = (Method::DELETE, "/api/packages/alpha/releases/1.1.0");
        assert_eq!(call(&app, key, release, &json!({})).await.status, 204);
        let actions: Vec<_> = app
            .audit()
            .await
            .into_iter()
            .map(|entry| entry.action)
            .collect();
        for action in [
            "release.publish",
            "release.retire",
            "owner.add",
            "release.delete",
        ] {
            assert!(
                actions.iter().any(|it| it == action),
                "{action}: {actions:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    on_each_app(async |app| {
        let key = app.member("rosa", Role::Publisher).await;
        let made = call(
            &app,
            &key,
            (Method::POST, "/api/keys"),
            &json!({"name": "ci"}),
        )
        .await;
        assert_eq!(made.status, 201);
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        assert_eq!(publish(&app, &secret, "alpha", "1.0.0").await, 201);
        let revoked = call(&app, &key, (Method::DELETE, "/api/keys/ci"), &json!({})).await;
        assert_eq!(revoked.status, 200);
        assert_eq!(publish(&app, &secret, "alpha", "1.0.1").await, 401);
        let again = call(&app, &key, (Method::DELETE, "/api/keys/ci"), &json!({})).await;
        assert_eq!(again.status, 404);
        let text = format!("{:?}", app.audit().await);
        assert!(text.contains("api_key.create") && text.contains("api_key.revoke"));
        assert!(!text.contains(&secret));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_made_with_name_and_password() {
    let app = TestApp::new().await;
    app.user("rosa", Role::Publisher).await;
    let password = Password::from_text("correct horse battery");
    passwords::set(&app.node.app, "rosa", &password, &Actor::Cli)
        .await
        .unwrap();
    let login = |text: &str| format!("Basic {}", BASE64.encode(text.as_bytes()));
    let body = json!({"name": "gleam", "permissions": [{"domain": "api", "resource": "write"}]});
    let right = login("rosa:correct horse battery");
    let made = call(&app, &right, (Method::POST, "/api/keys"), &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(publish(&app, &secret, "alpha", "1.0.0").await, 201);
    let wrong = login("rosa:wrong");
    let refused = call(&app, &wrong, (Method::POST, "/api/keys"), &body).await;
    assert_eq!(refused.status, 401);
    // Elsewhere a password is none.
    assert_eq!(publish(&app, &right, "alpha", "1.0.1").await, 401);
}

#[tokio::test]
async fn without_the_database_everything_waits_politely() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Owner).await;
    app.publish("alpha", "1.0.0").await;
    app.node.app.db.close().await;
    for (method, path) in [
        (Method::GET, "/api/packages"),
        (Method::GET, "/api/packages/alpha"),
        (Method::GET, "/api/users/me"),
        (Method::GET, "/api/keys"),
        (Method::DELETE, "/api/packages/alpha/releases/1.0.0"),
        (Method::POST, "/api/publish"),
        (Method::PUT, "/api/packages/alpha/owners/rosa"),
    ] {
        let answer = call(&app, &key, (method, path), &json!({})).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.text());
        assert_eq!(answer.header("retry-after"), "");
    }
}

#[tokio::test]
async fn a_key_makes_no_key_that_may_more() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Owner).await;
    let reader = app.api_key("rosa", "api:read").await;
    let make = async |key: &str, domain: &str, resource: &str| {
        let body = json!({"name": "x", "permissions": [{"domain": domain, "resource": resource}]});
        let answer = call(&app, key, (Method::POST, "/api/keys"), &body).await;
        answer.status
    };
    assert_eq!(make(&reader, "api", "read").await, 403);
    assert_eq!(make(&key, "package", "hexpm/alpha").await, 201);
    assert_eq!(make(&key, "docs", "acme").await, 201);
    assert_eq!(make(&key, "licenses", "read").await, 422);
    let seller = app.api_key("rosa", "api licenses:read").await;
    assert_eq!(make(&seller, "licenses", "read").await, 201);
    assert_eq!(make(&seller, "licenses", "write").await, 422);
}
