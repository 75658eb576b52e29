use serde_json::json;

use super::{Shop, order};
use crate::support::{MIX, TestApp};

#[tokio::test]
async fn a_shop_sees_who_fetched_what() {
    let shop = Shop::new(TestApp::new().await).await;
    shop.app.publish("alpha", "1.0.0").await;
    let created = shop.put("o", &order()).await.expect_status(201);
    let key = created["key"]["secret"].as_str().unwrap();
    for path in ["/repo/packages/alpha", "/repo/tarballs/alpha-1.0.0.tar"] {
        shop.app.get(path).agent(MIX).key(key).send().await;
    }
    shop.app.node.usage.flush().await;
    let body = shop.get("/usage").await.expect_status(200);
    assert_eq!(body["is_complete"], true);
    let row = &body["usage"][0];
    assert_eq!(
        (&row["customer"], &row["package"], &row["version"]),
        (&json!("jo@example.com"), &json!("alpha"), &json!("1.0.0"))
    );
    assert_eq!(row["requests"], 1);
    let query = "/usage?by=file,license,delivery,address&file=all&license=o&customer=jo@example.com&since=2026-11-22&package=alpha&repository=acme";
    let body = shop.get(query).await.expect_status(200);
    assert_eq!(body["usage"].as_array().unwrap().len(), 2);
    let tarball = body["usage"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["file"] == "tarball");
    assert_eq!(tarball.unwrap()["delivery"], "direct");
    let body = shop.get("/usage?until=2026-11-21").await.expect_status(200);
    assert_eq!(body["usage"], json!([]));
    let body = shop
        .get("/usage?by=file&file=all&limit=1")
        .await
        .expect_status(200);
    assert_eq!(body["is_complete"], false);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let shop = Shop::new(TestApp::new().await).await;
    for (query, field) in [
        ("by=week", "by"),
        ("file=zip", "file"),
        ("since=x", "since"),
        ("refused=1", "refused"),
        ("limit=0", "limit"),
        ("package=A!", "package"),
        ("what=x", "what"),
    ] {
        shop.get(&format!("/usage?{query}"))
            .await
            .expect_error(422, field, "");
    }
    shop.get("/usage?customer=x@example.com")
        .await
        .expect_status(404);
    shop.get("/usage?license=x").await.expect_status(404);
    assert_eq!(shop.get("/usage?package=%00").await.status, 400);
}
