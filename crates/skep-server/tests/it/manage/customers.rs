use serde_json::json;

use super::Shop;
use crate::support::TestApp;

#[tokio::test]
async fn customers_are_entered_shown_and_edited() {
    let shop = Shop::new(TestApp::new().await).await;
    let jo = json!({"email": "Jo@Example.com", "name": " Jo "});
    let entered = shop.post("/customers", &jo).await.expect_status(201);
    let customer = &entered["customer"];
    assert_eq!(customer["email"], "jo@example.com");
    assert_eq!(customer["name"], "Jo");
    shop.post("/customers", &jo)
        .await
        .expect_error(409, "email", "already");
    let id = customer["id"].as_str().unwrap();
    for name in [id, "jo@example.com", "JO%40example.com"] {
        let shown = shop
            .get(&format!("/customers/{name}"))
            .await
            .expect_status(200);
        assert_eq!(shown["customer"], *customer);
        assert_eq!(shown["licenses"], json!([]));
    }
    let edited = shop
        .patch(&format!("/customers/{id}"), &json!({"name": "Jo Doe"}))
        .await;
    assert_eq!(edited.expect_status(200)["customer"]["name"], "Jo Doe");
    let answer = shop.patch("/customers/x@example.com", &json!({})).await;
    let refused = answer.expect_status(404);
    assert_eq!(refused["message"], "there is no customer `x@example.com`");
    let answer = shop
        .post("/customers", &json!({"email": "x@example.com"}))
        .await;
    answer.expect_error(422, "name", "is missing");
}

#[tokio::test]
async fn customers_come_in_pages() {
    let shop = Shop::new(TestApp::new().await).await;
    for number in 0..3 {
        shop.app.clock.advance(1);
        let body = json!({"email": format!("c{number}@example.com"), "name": "C"});
        shop.post("/customers", &body).await.expect_status(201);
    }
    let first = shop.get("/customers?limit=2").await.expect_status(200);
    assert_eq!(first["customers"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let last = shop
        .get(&format!("/customers?limit=2&after={next}"))
        .await
        .expect_status(200);
    assert_eq!(last["customers"][0]["email"], "c2@example.com");
    assert_eq!(last["next"], json!(null));
    let found = shop
        .get("/customers?email=C1@example.com")
        .await
        .expect_status(200);
    assert_eq!(found["customers"].as_array().unwrap().len(), 1);
    let found = shop
        .get("/customers?email=nobody@example.com")
        .await
        .expect_status(200);
    assert_eq!(found["customers"], json!([]));
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("after=x", "after"),
        ("page=2", "page"),
    ] {
        shop.get(&format!("/customers?{query}"))
            .await
            .expect_error(422, field, "");
    }
}
