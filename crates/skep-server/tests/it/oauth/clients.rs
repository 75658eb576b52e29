//! Registering clients.

use serde_json::json;
use skep_server::db::audit::Actor;
use skep_server::oauth::clients::{self, ClientError, MIX, REBAR3, SKEP};

use super::{DEVICE_CODE, Desk, text};
use crate::support::{Sale, on_each_app};

#[tokio::test]
async fn a_registered_client_logs_people_in_until_it_is_revoked() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let app = &desk.app.node.app;
        let client = clients::register(app, " Acme Studio ", &Actor::Cli).await;
        let client = client.unwrap();
        assert_eq!(client.name, "Acme Studio");
        let all = clients::list(app).await.unwrap();
        let ids: Vec<_> = all.iter().map(|client| client.id.as_str()).collect();
        assert_eq!(ids, [MIX, REBAR3, SKEP, client.id.as_str()]);

        let body = json!({"client_id": client.id, "scope": "api"});
        let begun = desk.post("device_authorization", body).await.json();
        desk.approve(&begun).await;
        let body = json!({
            "grant_type": DEVICE_CODE, "device_code": begun["device_code"], "client_id": client.id,
        });
        let tokens = desk.post("token", body).await.json();
        let sold = desk.app.sell(Sale::of("alpha")).await;
        let exchange = json!({
            "grant_type": "client_credentials", "client_id": client.id, "client_secret": sold.key,
        });
        assert_eq!(desk.post("token", exchange.clone()).await.status, 200);

        clients::revoke(app, &client.id, &Actor::Cli).await.unwrap();
        desk.app.settle().await;
        let refresh = json!({
            "grant_type": "refresh_token", "client_id": client.id,
            "refresh_token": tokens["refresh_token"],
        });
        (desk.post("token", refresh).await).expect_refusal(401, "invalid_client");
        (desk.post("token", exchange).await).expect_refusal(401, "invalid_client");
        let verified =
            skep_server::oauth::tokens::verify(&desk.app.node, &text(&tokens, "access_token"));
        assert!(verified.is_err());
        let again = clients::revoke(app, &client.id, &Actor::Cli).await;
        assert!(matches!(again, Err(ClientError::Revoked { .. })));
        let audit = desk.app.audit().await;
        for action in ["oauth_client.register", "oauth_client.revoke"] {
            assert!(audit.iter().any(|entry| entry.action == action), "{action}");
        }
        // The name is free again.
        clients::register(app, "acme studio", &Actor::Cli)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_client_cannot_pass_for_another() {
    on_each_app(async |app| {
        let app = &app.node.app;
        for name in ["", " ", "a\nb", &"x".repeat(61)] {
            let refused = clients::register(app, name, &Actor::Cli).await;
            assert!(matches!(refused, Err(ClientError::Name(_))), "{name:?}");
        }
        let refused = clients::register(app, "MIX", &Actor::Cli).await;
        assert!(matches!(refused, Err(ClientError::NameTaken(_))));
        let refused = clients::revoke(app, MIX, &Actor::Cli).await;
        assert!(matches!(refused, Err(ClientError::BuiltIn(_))));
        let refused = clients::revoke(app, "nobody", &Actor::Cli).await;
        assert!(matches!(refused, Err(ClientError::Unknown(_))));
    })
    .await;
}
