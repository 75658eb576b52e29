//! Users with API keys, and requests in JSON as their programs send them.

use serde_json::Value;
use skep_server::accounts::permission::Permissions;
use skep_server::accounts::role::Role;
use skep_server::accounts::{api_keys, users};
use skep_server::db::audit::{self, Actor, Entry};

use super::TestApp;
use super::ask::{Answer, Ask};

impl TestApp {
    /// Enters a user.
    pub(crate) async fn user(&self, username: &str, role: Role) {
        let request = users::Create {
            username: username.to_owned(),
            email: format!("{username}@seller.example"),
            role,
            actor: Actor::Cli,
        };
        users::create(&self.node.app, &request)
            .await
            .expect("a new user");
    }

    /// Makes an API key for a user: permissions as `licenses:read usage:read`.
    pub(crate) async fn api_key(&self, username: &str, permissions: &str) -> String {
        let permissions = permissions
            .split_whitespace()
            .map(|text| text.parse().expect("a permission"));
        let request = api_keys::Create {
            user: username.to_owned(),
            name: "test".to_owned(),
            permissions: Permissions::new(permissions),
            expires_at: None,
            actor: Actor::Cli,
        };
        let created = api_keys::create(&self.node.app, &request).await;
        let secret = created.expect("a new API key").secret;
        self.settle().await;
        secret.reveal().to_owned()
    }

    /// What the audit has, newest first.
    pub(crate) async fn audit(&self) -> Vec<Entry> {
        let mut conn = self.node.app.db.read().await.expect("it reads");
        audit::list(&mut conn, 100).await.expect("entries")
    }
}

impl Ask {
    /// With a body in JSON.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }
}

impl Answer {
    /// The body, which is JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("JSON, not {}", self.text()))
    }
}
