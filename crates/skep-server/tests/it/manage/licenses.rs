use serde_json::{Value, json};

use super::{Shop, order};
use crate::support::{CURL, TestApp, on_each_app};

#[tokio::test]
async fn a_license_is_issued_changed_and_shown() {
    on_each_app(async |app: TestApp| {
        let shop = Shop::new(app).await;
        let issued = shop.issue().await;
        let id = issued["license"]["id"].as_str().unwrap();
        assert!(issued["key"]["secret"].as_str().unwrap().starts_with("skl_"));
        assert_eq!(issued["standing"], "active");
        let path = format!("/licenses/{id}");
        let change = json!({
            "plan": "perpetual", "updates_until": "2026-01-31", "external_id": "A-1", "notes": "two\nlines",
        });
        let changed = shop.patch(&path, &change).await.expect_status(200);
        assert_eq!(changed["license"]["plan"], "perpetual");
        assert_eq!(changed["notes"].as_array().unwrap().len(), 1);
        let shown = shop.get("/licenses/A-1").await.expect_status(200);
        assert_eq!(shown["license"], changed["license"]);
        assert_eq!(shown["customer"]["email"], "jo@example.com");
        assert_eq!(shown["products"][0]["slug"], "pro");
        assert_eq!(shown["keys"].as_array().unwrap().len(), 1);
        let cleared = shop.patch(&path, &json!({"external_id": null, "plan": "lifetime"})).await;
        let license = &cleared.expect_status(200)["license"];
        assert_eq!((&license["external_id"], &license["updates_until"]), (&Value::Null, &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn bad_changes_are_refused() {
    let shop = Shop::new(TestApp::new().await).await;
    let issued = shop.issue().await;
    let path = format!("/licenses/{}", issued["license"]["id"].as_str().unwrap());
    let check = async |body: Value, status, field: &str, text: &str| {
        shop.patch(&path, &body)
            .await
            .expect_error(status, field, text);
    };
    check(
        json!({"plan": "subscription"}),
        422,
        "access_until",
        "needs it",
    )
    .await;
    check(
        json!({"plan": "perpetual"}),
        422,
        "updates_until",
        "needs it",
    )
    .await;
    check(
        json!({"grace_days": 3}),
        422,
        "grace_days",
        "no end of access",
    )
    .await;
    check(
        json!({"remove_products": ["pro"]}),
        422,
        "remove_products",
        "no product left",
    )
    .await;
    check(
        json!({"add_products": ["gold"]}),
        422,
        "products",
        "no product `gold`",
    )
    .await;
    check(json!({"external_id": ""}), 422, "external_id", "empty").await;
    check(
        json!({"notes": "x".repeat(10_001)}),
        422,
        "notes",
        "at most 10000",
    )
    .await;
    check(json!({"strict": "yes"}), 422, "strict", "true or false").await;
    check(json!({"status": "revoked"}), 422, "status", "not a field").await;
    shop.put("order-1", &order()).await.expect_status(201);
    check(
        json!({"external_id": "order-1"}),
        409,
        "external_id",
        "belongs to license",
    )
    .await;
    let again = json!({"customer": "jo@example.com", "products": ["pro"], "plan": "lifetime", "external_id": "order-1"});
    shop.post("/licenses", &again)
        .await
        .expect_error(409, "external_id", "belongs to");
    let nobody = json!({"customer": "x@example.com", "products": ["pro"], "plan": "lifetime"});
    shop.post("/licenses", &nobody)
        .await
        .expect_error(422, "customer", "no customer");
    shop.patch("/licenses/nothing", &json!({}))
        .await
        .expect_status(404);
    shop.get("/licenses/lic_nothing").await.expect_status(404);
}

#[tokio::test]
async fn licenses_are_filtered_and_come_in_pages() {
    let shop = Shop::new(TestApp::new().await).await;
    let other = json!({"slug": "extra", "packages": ["beta"]});
    shop.post("/products", &other).await.expect_status(201);
    for number in 0..4 {
        shop.app.clock.advance(1);
        let mut body = order();
        body["customer"]["email"] = json!(format!("c{}@example.com", number % 2));
        if number == 3 {
            body["products"] = json!(["extra"]);
        }
        shop.put(&format!("o{number}"), &body)
            .await
            .expect_status(201);
    }
    shop.post("/licenses/o0/suspend", &json!({}))
        .await
        .expect_status(200);
    let ids = async |query: &str| -> Vec<String> {
        let body = shop
            .get(&format!("/licenses?{query}"))
            .await
            .expect_status(200);
        let found = body["licenses"].as_array().unwrap().iter();
        found
            .map(|it| it["external_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids("").await, ["o0", "o1", "o2", "o3"]);
    assert_eq!(ids("customer=c1@example.com").await, ["o1", "o3"]);
    assert_eq!(ids("customer=c1@example.com&product=extra").await, ["o3"]);
    assert_eq!(ids("product=pro&status=active").await, ["o1", "o2"]);
    assert_eq!(ids("plan=trial").await, Vec::<String>::new());
    let page = shop.get("/licenses?limit=3").await.expect_status(200);
    assert_eq!(page["licenses"][0]["standing"], "suspended");
    assert_eq!(page["licenses"][0]["customer_email"], "c0@example.com");
    let next = page["next"].as_str().unwrap();
    assert_eq!(ids(&format!("after={next}")).await, ["o3"]);
    shop.get("/licenses?customer=x@example.com")
        .await
        .expect_status(404);
    shop.get("/licenses?product=gold").await.expect_status(404);
    shop.get("/licenses?status=closed")
        .await
        .expect_error(422, "status", "not the status");
}

#[tokio::test]
async fn a_license_is_closed_and_opened_as_often_as_asked() {
    let shop = Shop::new(TestApp::new().await).await;
    shop.app.publish("alpha", "1.0.0").await;
    let created = shop.put("o", &order()).await.expect_status(201);
    let key = created["key"]["secret"].as_str().unwrap();
    let status = async || {
        shop.app
            .get("/repo/packages/alpha")
            .agent(CURL)
            .key(key)
            .send()
            .await
            .status
    };
    assert_eq!(status().await, 200);
    for is_changed in [true, false] {
        let body = shop
            .post("/licenses/o/suspend", &json!({}))
            .await
            .expect_status(200);
        assert_eq!(
            (&body["standing"], &body["is_changed"]),
            (&json!("suspended"), &json!(is_changed))
        );
        assert_eq!(status().await, 402);
    }
    shop.post("/licenses/o/resume", &json!({}))
        .await
        .expect_status(200);
    assert_eq!(status().await, 200);
    shop.post("/licenses/o/revoke", &json!({}))
        .await
        .expect_status(200);
    assert_eq!(status().await, 402);
    shop.post("/licenses/o/resume", &json!({}))
        .await
        .expect_status(409);
    shop.post("/licenses/nothing/resume", &json!({}))
        .await
        .expect_status(404);
    shop.post("/licenses/o/revoke", &json!({"x": 1}))
        .await
        .expect_error(422, "x", "not a field");
}

#[tokio::test]
async fn a_release_is_granted_and_explained() {
    let shop = Shop::new(TestApp::new().await).await;
    shop.app.publish("alpha", "1.0.0").await;
    shop.app.publish("beta", "1.0.0").await;
    let created = shop.put("o", &order()).await.expect_status(201);
    let explained = shop
        .get("/licenses/o/explain?package=beta")
        .await
        .expect_status(200);
    assert_eq!(explained["answers"][0]["allowed"], false);
    let beta = json!({"package": "beta", "version": "1.0.0"});
    let granted = shop
        .post("/licenses/o/grants", &beta)
        .await
        .expect_status(201);
    assert_eq!(granted["is_new"], true);
    let again = shop
        .post("/licenses/o/grants", &beta)
        .await
        .expect_status(200);
    assert_eq!(again["is_new"], false);
    let body = json!({"subject": created["key"]["secret"], "package": "beta", "version": "1.0.0"});
    let explained = shop.post("/explain", &body).await.expect_status(200);
    assert_eq!(explained["answers"][0]["allowed"], true);
    assert_eq!(explained["license"], created["license"]["id"]);
    let unknown = json!({"package": "beta", "version": "2.0.0"});
    shop.post("/licenses/o/grants", &unknown)
        .await
        .expect_error(422, "version", "no release");
    let bad = json!({"package": "beta", "version": "2"});
    shop.post("/licenses/o/grants", &bad)
        .await
        .expect_error(422, "version", "");
    shop.get("/licenses/o/explain?version=1.0.0")
        .await
        .expect_error(422, "package", "is missing");
    let stranger = shop
        .post("/explain", &json!({"subject": "skl_nothing"}))
        .await
        .expect_status(200);
    assert_eq!(stranger["license"], Value::Null);
}
