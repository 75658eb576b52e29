//! While the database is away.

use serde_json::json;
use skep_server::oauth::clients::MIX;

use super::{Desk, text};
use crate::support::{Sale, TestApp};

#[tokio::test]
async fn keys_are_exchanged_and_tokens_open_the_repository_and_the_rest_waits() {
    let desk = Desk::new(TestApp::new().await).await;
    desk.app.publish("alpha", "1.0.0").await;
    let sold = desk.app.sell(Sale::of("alpha")).await;
    let tokens = desk.login("repositories").await;
    let begun = desk.begin("api").await;
    desk.app.settle().await;
    desk.app.node.app.db.close().await;

    let path = "/repo/packages/alpha";
    let token = desk.token(&sold.key, "repositories").await;
    assert_eq!(desk.fetch(path, &token).await.status, 200);
    let access = text(&tokens, "access_token");
    assert_eq!(desk.fetch(path, &access).await.status, 200);

    let begin = json!({"client_id": MIX, "scope": "api"});
    let revoke = json!({"token": tokens["refresh_token"], "client_id": MIX});
    for answer in [
        desk.poll(&begun).await,
        desk.refresh(&tokens).await,
        desk.post("device_authorization", begin).await,
        desk.post("revoke", revoke).await,
    ] {
        answer.expect_refusal(503, "temporarily_unavailable");
        // Clients on httpc would ask again at once, for ever.
        assert!(answer.header("retry-after").is_empty());
    }
}
