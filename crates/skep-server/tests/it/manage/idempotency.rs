use reqwest::Method;
use serde_json::{Value, json};

use super::{Shop, order};
use crate::support::{Answer, TestApp, on_each_app};

impl Shop {
    async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        let path = format!("/api/manage{path}");
        let ask = self.app.ask(Method::POST, &path).key(&self.key);
        ask.header("idempotency-key", key).json(body).send().await
    }

    async fn count_keys(&self) -> usize {
        let body = self.get("/licenses/o/keys").await.expect_status(200);
        body["keys"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn a_repeated_post_is_done_once_and_answered_without_the_secret() {
    on_each_app(async |app: TestApp| {
        let shop = Shop::new(app).await;
        shop.put("o", &order()).await.expect_status(201);
        let body = json!({"label": "ci"});
        let first = shop.post_once("/licenses/o/keys", "k-1", &body).await;
        let made = first.expect_status(201);
        assert_eq!(first.header("idempotency-replayed"), "");
        let secret = made["key"]["secret"].as_str().unwrap().to_owned();
        let again = shop.post_once("/licenses/o/keys", "k-1", &body).await;
        let replayed = again.expect_status(201);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(replayed["key"]["secret"], Value::Null);
        assert_eq!(replayed["key"]["id"], made["key"]["id"]);
        assert!(!again.text().contains(&secret));
        assert_eq!(shop.count_keys().await, 2);
        // Another request under the key.
        let other = json!({"label": "laptop"});
        let answer = shop
            .post_once("/licenses/o/keys", "k-1", &other)
            .await
            .expect_status(422);
        assert!(answer["message"].as_str().unwrap().contains("new key"));
        shop.post_once("/licenses/o/suspend", "k-1", &body)
            .await
            .expect_status(422);
        assert_eq!(shop.count_keys().await, 2);
        // After a day it is forgotten.
        shop.app.clock.advance(86_401);
        shop.post_once("/licenses/o/keys", "k-1", &body)
            .await
            .expect_status(201);
        assert_eq!(shop.count_keys().await, 3);
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    on_each_app(async |app: TestApp| {
        let shop = Shop::new(app).await;
        shop.put("o", &order()).await.expect_status(201);
        let body = json!({"label": "ci"});
        let one = || shop.post_once("/licenses/o/keys", "k-1", &body);
        let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
        let answers = [a, b, c, d];
        let new = |answer: &&Answer| {
            answer.status == 201 && answer.header("idempotency-replayed").is_empty()
        };
        assert_eq!(answers.iter().filter(new).count(), 1);
        assert!(answers.iter().all(|it| matches!(it.status, 201 | 409)));
        assert_eq!(shop.count_keys().await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_does_not_use_the_key_up() {
    let shop = Shop::new(TestApp::new().await).await;
    let jo = json!({"email": "jo@example.com", "name": "Jo"});
    let issue = json!({"customer": "jo@example.com", "products": ["pro"], "plan": "lifetime"});
    shop.post_once("/licenses", "k", &issue)
        .await
        .expect_error(422, "customer", "no customer");
    shop.post("/customers", &jo).await.expect_status(201);
    shop.post_once("/licenses", "k", &issue)
        .await
        .expect_status(201);
    shop.post_once("/licenses", "k", &issue)
        .await
        .expect_status(201);
    let listed = shop.get("/licenses").await.expect_status(200);
    assert_eq!(listed["licenses"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn keys_are_each_user_s_own() {
    let shop = Shop::new(TestApp::new().await).await;
    let jo = json!({"email": "jo@example.com", "name": "Jo"});
    shop.post_once("/customers", "k", &jo)
        .await
        .expect_status(201);
    // Another API key of the same user is the same caller.
    let other = shop.app.api_key("ada", "licenses:write").await;
    let again = shop
        .app
        .ask(Method::POST, "/api/manage/customers")
        .key(&other);
    let again = again.header("idempotency-key", "k").json(&jo).send().await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    shop.app
        .user("bob", skep_server::accounts::role::Role::Owner)
        .await;
    let bob = shop.app.api_key("bob", "licenses:write").await;
    let his = shop
        .app
        .ask(Method::POST, "/api/manage/customers")
        .key(&bob);
    let his = his.header("idempotency-key", "k").json(&jo).send().await;
    his.expect_error(409, "email", "already");
}

#[tokio::test]
async fn a_key_is_a_short_text() {
    let shop = Shop::new(TestApp::new().await).await;
    let jo = json!({"email": "jo@example.com", "name": "Jo"});
    let long = "x".repeat(256);
    for key in ["", "ü", "a b", &long] {
        assert_eq!(
            shop.post_once("/customers", key, &jo).await.status,
            400,
            "{key}"
        );
    }
    shop.post_once("/customers", &long[1..], &jo)
        .await
        .expect_status(201);
}

/// A node that ended in the middle.
#[tokio::test]
async fn an_interrupted_request_is_not_done_again_unseen() {
    use skep_formats::checksum::Sha256;
    use skep_server::accounts::users;
    use skep_server::db::idempotency::{Request, insert};

    let shop = Shop::new(TestApp::new().await).await;
    let jo = json!({"email": "jo@example.com", "name": "Jo"});
    let target = format!("POST /customers\n{jo}");
    let request = Request {
        caller: users::show(&shop.app.node.app, "ada").await.unwrap().id,
        key: Sha256::of(b"k"),
        request: Sha256::of(target.as_bytes()),
    };
    let mut tx = shop.app.node.app.db.begin().await.unwrap();
    assert!(
        insert(&mut tx, &request, crate::support::TODAY)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let answer = shop
        .post_once("/customers", "k", &jo)
        .await
        .expect_status(409);
    assert!(
        answer["message"].as_str().unwrap().contains("in a moment"),
        "{answer}"
    );
    shop.app.clock.advance(61);
    let answer = shop
        .post_once("/customers", "k", &jo)
        .await
        .expect_status(409);
    assert!(
        answer["message"].as_str().unwrap().contains("interrupted"),
        "{answer}"
    );
}
