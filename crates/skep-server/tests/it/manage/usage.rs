use serde_json::json;
use skep_server::jobs::prune_usage::{Keep, prune_usage};

use super::{Shop, order};
use crate::support::{MIX, TODAY, TestApp};

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
    assert_eq!(
        (&body["known_since"], &body["has_whole_days"]),
        (&json!(null), &json!(false))
    );
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

#[tokio::test]
async fn keys_are_known_as_long_as_rows_are_kept() {
    let shop = Shop::new(TestApp::new().await).await;
    shop.app.publish("alpha", "1.0.0").await;
    let created = shop.put("o", &order()).await.expect_status(201);
    let key = created["key"]["secret"].as_str().unwrap();
    let tarball = shop.app.get("/repo/tarballs/alpha-1.0.0.tar");
    tarball.agent(MIX).key(key).send().await;
    shop.app.node.usage.flush().await;
    let keep = Keep {
        rows_days: 10,
        daily_days: 0,
    };
    let db = &shop.app.node.app.db;
    prune_usage(db, keep, TODAY.plus_days(11)).await.unwrap();
    let body = shop.get("/usage?by=key").await.expect_status(200);
    assert_eq!(
        (&body["usage"], &body["known_since"]),
        (&json!([]), &json!("2026-11-23T00:00:00Z"))
    );
    let body = shop.get("/usage?by=license,ci").await.expect_status(200);
    assert_eq!(body["known_since"], json!(null));
    let row = &body["usage"][0];
    assert_eq!((&row["requests"], &row["ci"]), (&json!(1), &json!(true)));
    let query = "/usage?since=2026-11-22T12:30:00Z&until=2026-11-22T13:00:00Z";
    let body = shop.get(query).await.expect_status(200);
    assert_eq!(
        (&body["usage"][0]["requests"], &body["has_whole_days"]),
        (&json!(1), &json!(true))
    );
}
