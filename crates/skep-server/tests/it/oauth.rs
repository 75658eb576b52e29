//! `/api/oauth`: how tools get tokens, and what the tokens open.

mod clients;
mod device;
mod errors;
mod exchange;
mod formats;
mod limits;
mod outage;
mod refresh;
mod repository;
mod revoke;
mod skep_client;

use reqwest::Method;
use serde_json::{Value, json};
use skep_server::accounts::role::Role;
use skep_server::accounts::user::User;
use skep_server::accounts::users;
use skep_server::db::audit::Actor;
use skep_server::oauth::clients::MIX as MIX_ID;
use skep_server::oauth::logins::{self, Approver};

use crate::support::{Answer, TestApp};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A server, its publisher `rosa`, and requests as tools send them.
struct Desk {
    app: TestApp,
    rosa: User,
}

impl Desk {
    async fn new(app: TestApp) -> Self {
        app.user("rosa", Role::Publisher).await;
        app.settle().await;
        let rosa = users::show(&app.node.app, "rosa").await.unwrap();
        Self { app, rosa }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let ask = self.app.ask(Method::POST, &format!("/api/oauth/{path}"));
        ask.agent("test/1").json(&body).send().await
    }

    /// Begins a login of mix.
    async fn begin(&self, scope: &str) -> Value {
        let body = json!({"client_id": MIX_ID, "name": "laptop", "scope": scope});
        let answer = self.post("device_authorization", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    async fn poll(&self, begun: &Value) -> Answer {
        let body = json!({
            "grant_type": DEVICE_CODE, "device_code": begun["device_code"], "client_id": MIX_ID,
        });
        self.post("token", body).await
    }

    fn actor(&self) -> Actor {
        Actor::Cli
    }

    async fn approve(&self, begun: &Value) {
        let actor = self.actor();
        let approver = self.approver(&actor);
        let code = begun["user_code"].as_str().unwrap();
        let approved = logins::approve(&self.app.node.app, &approver, code, None).await;
        approved.unwrap();
    }

    fn approver<'a>(&'a self, actor: &'a Actor) -> Approver<'a> {
        Approver {
            user: &self.rosa,
            actor,
            address: [127, 0, 0, 1].into(),
        }
    }

    /// Logs mix in: its first tokens.
    async fn login(&self, scope: &str) -> Value {
        let begun = self.begin(scope).await;
        self.approve(&begun).await;
        let answer = self.poll(&begun).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    async fn refresh(&self, tokens: &Value) -> Answer {
        let body = json!({
            "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"],
            "client_id": MIX_ID,
        });
        self.post("token", body).await
    }

    async fn exchange(&self, key: &str, scope: &str) -> Answer {
        let body = json!({
            "grant_type": "client_credentials", "client_id": MIX_ID, "client_secret": key,
            "scope": scope,
        });
        self.post("token", body).await
    }

    /// A token for a key.
    async fn token(&self, key: &str, scope: &str) -> String {
        let answer = self.exchange(key, scope).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// A file of the repository, with a token.
    async fn fetch(&self, path: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.app.get(path).key(&bearer).send().await
    }
}

impl Answer {
    /// Status and `error` of a refusal, which has a description.
    fn refusal(&self) -> (u16, String) {
        let body = self.json();
        let description = body["error_description"].as_str();
        assert!(description.is_some_and(|text| !text.is_empty()), "{body}");
        (self.status, body["error"].as_str().unwrap().to_owned())
    }

    fn expect_refusal(&self, status: u16, error: &str) {
        assert_eq!(
            self.refusal(),
            (status, error.to_owned()),
            "{}",
            self.text()
        );
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}
