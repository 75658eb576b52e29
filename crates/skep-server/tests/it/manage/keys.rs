use serde_json::{Value, json};

use super::Shop;
use crate::support::TestApp;

#[tokio::test]
async fn keys_are_made_rotated_and_revoked() {
    let shop = Shop::new(TestApp::new().await).await;
    let issued = shop.issue().await;
    let license = issued["license"]["id"].as_str().unwrap();
    let path = format!("/licenses/{license}/keys");
    let body = json!({"label": "ci", "expires_at": "2027-01-01"});
    let made = shop.post(&path, &body).await.expect_status(201);
    assert!(made["key"]["secret"].as_str().unwrap().starts_with("skl_"));
    assert_eq!(made["key"]["expires_at"], "2027-01-01T23:59:59Z");
    let id = made["key"]["id"].as_str().unwrap();
    let listed = shop.get(&path).await;
    assert_eq!(
        listed.expect_status(200)["keys"].as_array().unwrap().len(),
        2
    );
    assert!(!listed.text().contains("skl_"));
    let rotated = shop
        .post(
            &format!("/keys/{id}/rotate"),
            &json!({"overlap_seconds": 60}),
        )
        .await;
    let rotated = rotated.expect_status(201);
    assert_eq!(rotated["key"]["label"], "ci");
    assert_eq!(rotated["old_key"]["expires_at"], "2026-11-22T12:01:00Z");
    shop.post(&format!("/keys/{id}/rotate"), &json!({}))
        .await
        .expect_status(409);
    for is_changed in [true, false] {
        let body = shop
            .post(&format!("/keys/{id}/revoke"), &json!({}))
            .await
            .expect_status(200);
        assert_eq!(body["is_changed"], is_changed);
        assert_ne!(body["key"]["revoked_at"], Value::Null);
    }
    let shown = shop.get(&format!("/keys/{id}")).await.expect_status(200);
    assert_eq!(shown["key"]["label"], "ci");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let shop = Shop::new(TestApp::new().await).await;
    let issued = shop.issue().await;
    let license = issued["license"]["id"].as_str().unwrap();
    let (key, secret) = (
        &issued["key"]["id"],
        issued["key"]["secret"].as_str().unwrap(),
    );
    let key = key.as_str().unwrap();
    let path = format!("/licenses/{license}/keys");
    shop.post(&path, &json!({"label": "x".repeat(256)}))
        .await
        .expect_error(422, "label", "at most 255");
    shop.post(&path, &json!({"expires_at": "x"}))
        .await
        .expect_error(422, "expires_at", "not a date");
    let rotate = format!("/keys/{key}/rotate");
    shop.post(&rotate, &json!({"overlap_seconds": -1}))
        .await
        .expect_error(422, "overlap_seconds", "whole number");
    shop.get("/licenses/nothing/keys").await.expect_status(404);
    shop.get("/keys/key_00000000000000000000000000")
        .await
        .expect_status(404);
    // A key in a path is a mistake; at least it is not repeated.
    let refused = shop.get(&format!("/keys/{secret}")).await;
    refused.expect_status(404);
    assert!(!refused.text().contains(secret));
    shop.post(&format!("/licenses/{license}/revoke"), &json!({}))
        .await
        .expect_status(200);
    shop.post(&path, &json!({})).await.expect_status(409);
}
