//! `/api/manage`: what a shop does over HTTP.

mod customers;
mod guide;
mod idempotency;
mod keys;
mod licenses;
mod outage;
mod products;
mod put;
mod scopes;
mod usage;

use reqwest::Method;
use serde_json::{Value, json};
use skep_server::accounts::role::Role;

use crate::support::Answer;
use crate::support::TestApp;

/// A server with an owner, and a product `pro` of package `alpha`.
struct Shop {
    app: TestApp,
    key: String,
}

impl Shop {
    async fn new(app: TestApp) -> Self {
        app.user("ada", Role::Owner).await;
        let permissions = "licenses:write usage:read";
        let key = app.api_key("ada", permissions).await;
        let shop = Self { app, key };
        let product = json!({"slug": "pro", "packages": ["alpha"]});
        shop.post("/products", &product).await.expect_status(201);
        shop
    }

    async fn get(&self, path: &str) -> Answer {
        let path = format!("/api/manage{path}");
        self.app.get(&path).key(&self.key).send().await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        let path = format!("/api/manage{path}");
        let ask = self.app.ask(method, &path).key(&self.key);
        ask.json(body).send().await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    async fn put(&self, id: &str, body: &Value) -> Answer {
        let path = format!("/licenses/by-external-id/{id}");
        self.send(Method::PUT, &path, body).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, body).await
    }

    /// A license of a new customer.
    async fn issue(&self) -> Value {
        let customer = json!({"email": "jo@example.com", "name": "Jo"});
        self.post("/customers", &customer).await.expect_status(201);
        let body = json!({"customer": "jo@example.com", "products": ["pro"], "plan": "lifetime"});
        self.post("/licenses", &body).await.expect_status(201)
    }
}

impl Answer {
    /// The body, when the status is right.
    fn expect_status(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// A refusal of a field.
    fn expect_error(&self, status: u16, field: &str, text: &str) {
        let body = self.expect_status(status);
        assert_eq!(body["status"], status);
        let mut found = &body["errors"];
        for part in field.split('.') {
            found = &found[part];
        }
        let found = found.as_str().unwrap_or_default();
        assert!(found.contains(text), "{body}");
        assert!(!found.contains("--"), "an option of a command: {body}");
    }
}

/// What a shop says after a payment for a year.
fn order() -> Value {
    json!({
        "customer": {"email": "Jo@Example.com", "name": "Jo"},
        "products": ["pro"],
        "plan": "subscription",
        "access_until": "2027-11-22",
    })
}
