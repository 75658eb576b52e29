use reqwest::Method;
use serde_json::{Value, json};

use super::{Shop, order};
use crate::support::{MIX, TestApp, on_each_app};

#[tokio::test]
async fn a_shop_puts_a_license_and_repeats_it() {
    on_each_app(async |app: TestApp| {
        let shop = Shop::new(app).await;
        shop.app.publish("alpha", "1.0.0").await;
        let created = shop.put("order-1", &order()).await.expect_status(201);
        let secret = created["key"]["secret"].as_str().unwrap().to_owned();
        assert_eq!(created["customer"]["email"], "jo@example.com");
        assert_eq!(created["license"]["external_id"], "order-1");
        assert_eq!(created["license"]["access_until"], "2027-11-22T23:59:59Z");
        assert_eq!(created["standing"], "active");
        assert_eq!(created["products"], json!(["pro"]));
        assert_eq!(created["changed"], json!([]));
        // The answer came when this server knew the key.
        let got = shop.app.get("/repo/packages/alpha").key(&secret);
        assert_eq!(got.agent(MIX).send().await.status, 200);
        for _ in 0..3 {
            let again = shop.put("order-1", &order()).await;
            let body = again.expect_status(200);
            assert_eq!(body["key"], Value::Null);
            assert_eq!(body["changed"], json!([]));
            assert_eq!(body["license"], created["license"]);
            assert!(!again.text().contains(&secret));
        }
        let shown = shop.get("/licenses/by-external-id/order-1").await;
        let body = shown.expect_status(200);
        assert_eq!(body["keys"].as_array().unwrap().len(), 1);
        assert!(!shown.text().contains(&secret));
        let audit = shop.app.audit().await;
        let entry = audit
            .iter()
            .find(|it| it.action == "license.issue")
            .unwrap();
        assert_eq!(entry.actor, "user ada");
        assert!(entry.via.as_deref().unwrap().starts_with("api-key apk_"));
        assert_eq!(entry.address.as_deref(), Some("127.0.0.1"));
    })
    .await;
}

#[tokio::test]
async fn a_renewal_says_what_changed() {
    let shop = Shop::new(TestApp::new().await).await;
    shop.put("order-1", &order()).await.expect_status(201);
    let mut renewal = order();
    renewal["access_until"] = json!("2028-11-22T12:00:00+01:00");
    renewal["customer"]["name"] = json!("Jo Doe");
    let body = shop.put("order-1", &renewal).await.expect_status(200);
    let changed = json!([
        {"field": "customer.name", "from": "Jo", "to": "Jo Doe"},
        {"field": "access_until", "from": "2027-11-22T23:59:59Z", "to": "2028-11-22T11:00:00Z"},
    ]);
    assert_eq!(body["changed"], changed);
    assert_eq!(body["narrowed"]["are_kept"], true);
    // Left out: as it is. Null: none.
    let mut perpetual = order();
    perpetual["plan"] = json!("perpetual");
    perpetual["access_until"] = Value::Null;
    perpetual["updates_until"] = json!("2027-11-22");
    let body = shop.put("order-1", &perpetual).await.expect_status(200);
    assert_eq!(body["license"]["access_until"], Value::Null);
    perpetual.as_object_mut().unwrap().remove("updates_until");
    let body = shop.put("order-1", &perpetual).await.expect_status(200);
    assert_eq!(body["license"]["updates_until"], "2027-11-22T23:59:59Z");
}

#[tokio::test]
async fn an_external_id_may_be_anything() {
    let shop = Shop::new(TestApp::new().await).await;
    let id = "shop%2Forder%20%2317%20%C3%BC";
    let created = shop.put(id, &order()).await.expect_status(201);
    assert_eq!(created["license"]["external_id"], "shop/order #17 ü");
    let path = format!("/licenses/by-external-id/{id}");
    shop.get(&path).await.expect_status(200);
    shop.get(&format!("/licenses/{id}"))
        .await
        .expect_status(200);
    shop.get("/licenses/by-external-id/other")
        .await
        .expect_status(404);
}

#[tokio::test]
async fn every_wrong_body_is_refused_with_its_field() {
    let shop = Shop::new(TestApp::new().await).await;
    let check = async |field: &str, value: Value, text: &str| {
        let mut body = order();
        match field.split_once('.') {
            Some((outer, inner)) => body[outer][inner] = value,
            None => body[field] = value,
        }
        shop.put("x", &body).await.expect_error(422, field, text);
    };
    check("customer", json!("jo"), "map of fields").await;
    check("customer", Value::Null, "is missing").await;
    check("customer.email", json!("jo"), "not an email").await;
    check("customer.email", json!(7), "has to be a text").await;
    check("customer.name", json!("  "), "is empty").await;
    check("customer.name", Value::Null, "is missing").await;
    check("customer.name", json!("a\u{7}b"), "control").await;
    check("customer.phone", json!("1"), "not a field").await;
    check("products", json!([]), "at least one").await;
    check("products", json!("pro"), "list").await;
    check("products", json!(["Pro!"]), "not a product's slug").await;
    check("products", json!(["gold"]), "no product `gold`").await;
    check("plan", json!("yearly"), "not a plan").await;
    check("plan", Value::Null, "is missing").await;
    check("access_until", json!("soon"), "not a date").await;
    check("access_until", json!(2027), "text with a date").await;
    check("access_until", json!("1969-01-01"), "before 1970").await;
    check("access_until", Value::Null, "needs it").await;
    check("starts_at", json!("2029-01-01"), "").await;
    check("grace_days", json!(-1), "whole number").await;
    check("grace_days", json!(1.5), "whole number").await;
    check("grace_days", json!(3651), "too many").await;
    check("acces_until", json!("2027-11-22"), "not a field").await;
    let lifetime = json!({"plan": "lifetime", "products": ["pro"], "updates_until": "2027-01-01",
        "customer": {"email": "jo@example.com", "name": "Jo"}});
    let answer = shop.put("x", &lifetime).await;
    answer.expect_error(422, "updates_until", "takes no updates_until");
    assert_eq!(shop.get("/customers").await.json()["customers"], json!([]));
}

#[tokio::test]
async fn requests_that_make_no_sense() {
    let shop = Shop::new(TestApp::new().await).await;
    let path = "/api/manage/licenses/by-external-id/x";
    let ask = || shop.app.ask(Method::PUT, path).key(&shop.key);
    let json = |ask: crate::support::Ask, body: &str| {
        ask.header("content-type", "application/json")
            .body(body.to_owned())
    };
    assert_eq!(json(ask(), "{").send().await.status, 400);
    assert_eq!(json(ask(), "[]").send().await.status, 400);
    assert_eq!(json(ask(), "{\"a\": \"\\u0000\"}").send().await.status, 400);
    assert_eq!(json(ask(), "").send().await.status, 422);
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    assert_eq!(json(ask(), &large).send().await.status, 413);
    let text = ask().header("content-type", "text/plain").body("x");
    assert_eq!(text.send().await.status, 415);
    assert_eq!(shop.put(&"x".repeat(256), &order()).await.status, 422);
    assert_eq!(shop.put("a%00b", &order()).await.status, 400);
    assert_eq!(shop.put("%FF", &order()).await.status, 400);
    // An empty segment does not count: this is `PUT /licenses/by-external-id`.
    assert_eq!(shop.put("", &order()).await.status, 405);
    let id = shop.issue().await["license"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    shop.put(&id, &order())
        .await
        .expect_error(422, "external_id", "looks like the id");
}

#[tokio::test]
async fn a_revoked_license_is_not_put_back() {
    let shop = Shop::new(TestApp::new().await).await;
    shop.put("order-1", &order()).await.expect_status(201);
    shop.post("/licenses/order-1/revoke", &json!({}))
        .await
        .expect_status(200);
    let answer = shop.put("order-1", &order()).await.expect_status(409);
    assert!(answer["message"].as_str().unwrap().contains("for good"));
}
