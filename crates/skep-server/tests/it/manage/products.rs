use serde_json::json;

use super::{Shop, order};
use crate::support::TestApp;

#[tokio::test]
async fn products_are_made_listed_and_edited() {
    let shop = Shop::new(TestApp::new().await).await;
    let body = json!({"slug": "extra", "packages": ["beta", "extra_*"], "repository": "sub"});
    let made = shop.post("/products", &body).await.expect_status(201);
    assert_eq!(made["product"]["repository"], "sub");
    let listed = shop.get("/products").await.expect_status(200);
    assert_eq!(listed["products"].as_array().unwrap().len(), 2);
    let edit = json!({"add_packages": ["gamma"], "remove_packages": ["beta"]});
    let edited = shop
        .patch("/products/extra", &edit)
        .await
        .expect_status(200);
    assert_eq!(edited["product"]["packages"], json!(["extra_*", "gamma"]));
    assert_eq!(edited["narrowed"], json!([]));
    let shown = shop.get("/products/extra").await.expect_status(200);
    assert_eq!(shown["product"], edited["product"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let shop = Shop::new(TestApp::new().await).await;
    let pro = json!({"slug": "pro", "packages": ["alpha"]});
    shop.post("/products", &pro)
        .await
        .expect_error(409, "slug", "already");
    let check = async |body: serde_json::Value, field: &str, text: &str| {
        shop.post("/products", &body)
            .await
            .expect_error(422, field, text);
    };
    check(json!({"slug": "x"}), "packages", "at least one").await;
    check(json!({"packages": ["a"]}), "slug", "is missing").await;
    check(json!({"slug": "X!", "packages": ["a"]}), "slug", "slug").await;
    check(
        json!({"slug": "x", "packages": ["A!"]}),
        "packages",
        "pattern",
    )
    .await;
    check(
        json!({"slug": "x", "packages": ["a"], "repository": "other"}),
        "repository",
        "no repository",
    )
    .await;
    let edit = json!({"remove_packages": ["beta"]});
    shop.patch("/products/pro", &edit).await.expect_error(
        422,
        "remove_packages",
        "no package pattern",
    );
    let edit = json!({"remove_packages": ["alpha"]});
    shop.patch("/products/pro", &edit)
        .await
        .expect_error(422, "packages", "at least one");
    shop.patch("/products/gold", &edit).await.expect_status(404);
    shop.get("/products/G%C3%B6ld").await.expect_status(404);
    shop.put("order-1", &order()).await.expect_status(201);
}
