use serde_json::json;

use super::{Shop, order};
use crate::support::TestApp;

#[tokio::test]
async fn without_the_database_everything_is_503() {
    let shop = Shop::new(TestApp::new().await).await;
    shop.put("o", &order()).await.expect_status(201);
    shop.app.node.app.db.close().await;
    let answers = [
        shop.get("/customers").await,
        shop.get("/licenses/o").await,
        shop.get("/usage").await,
        shop.put("o", &order()).await,
        shop.post("/licenses/o/suspend", &json!({})).await,
        shop.post(
            "/customers",
            &json!({"email": "x@example.com", "name": "X"}),
        )
        .await,
    ];
    for answer in answers {
        assert_eq!(answer.expect_status(503)["status"], 503);
        assert_eq!(answer.header("retry-after"), "");
    }
}
