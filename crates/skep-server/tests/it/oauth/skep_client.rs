//! Our own client, against our own server.

use std::sync::Arc;
use std::time::Duration;

use skep_client::Config;
use skep_client::http_client::HttpClient;
use skep_client::oauth::{self, DeviceAuthorization, DeviceFlow, DeviceLogin, OAuthError};
use skep_client::transport::Transport;
use skep_server::clock::{Clock, TestClock};
use skep_server::db::audit::Actor;
use skep_server::node::Node;
use skep_server::oauth::clients::SKEP;
use skep_server::oauth::logins::{self, Approver};
use tokio::sync::Mutex;

use super::Desk;
use crate::support::{Sale, on_each_app};

/// Somebody who is shown a code, and says yes or no while the client waits.
struct Person<'a> {
    node: Arc<Node>,
    clock: TestClock,
    now: Clock,
    approver: Approver<'a>,
    says_yes: bool,
    code: std::sync::Mutex<Option<String>>,
    turn: Mutex<()>,
}

impl DeviceLogin for Person<'_> {
    fn now(&self) -> i64 {
        self.now.now().seconds()
    }

    async fn sleep(&self, time: Duration) {
        let _turn = self.turn.lock().await;
        self.clock.advance(i64::try_from(time.as_secs()).unwrap());
        let code = self.code.lock().unwrap().take();
        let Some(code) = code else { return };
        let app = &self.node.app;
        match self.says_yes {
            true => logins::approve(app, &self.approver, &code, None).await,
            false => logins::deny(app, &self.approver, &code).await,
        }
        .unwrap();
    }

    fn show(&self, login: &DeviceAuthorization) {
        *self.code.lock().unwrap() = Some(login.user_code.clone());
    }
}

fn config(desk: &Desk) -> Config {
    let url = &desk.app.url;
    Config::new(&format!("{url}/repo"), &format!("{url}/api")).unwrap()
}

async fn log_in(desk: &Desk, says_yes: bool) -> Result<oauth::OAuthTokens, skep_client::Error> {
    let actor = Actor::Cli;
    let person = Person {
        node: Arc::clone(&desk.app.node),
        clock: desk.app.clock.clone(),
        now: desk.app.clock.clock(),
        approver: desk.approver(&actor),
        says_yes,
        code: std::sync::Mutex::default(),
        turn: Mutex::default(),
    };
    let client = Transport::new("skep/test").unwrap();
    let flow = DeviceFlow::new(&config(desk), SKEP, "api repositories", Some("laptop"));
    oauth::device_auth_flow(&client, flow, &person).await
}

#[tokio::test]
async fn our_client_logs_in_refreshes_and_gives_up() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        let (config, client) = (config(&desk), Transport::new("skep/test").unwrap());
        let now = || desk.app.clock.clock().now().seconds();
        let tokens = log_in(&desk, true).await.unwrap();
        assert_eq!(tokens.scope.as_deref(), Some("api repositories"));
        assert_eq!(tokens.expires_at, now() + 1_800);
        let path = "/repo/packages/alpha";
        let answer = desk
            .app
            .get(path)
            .key(tokens.bearer().expose())
            .send()
            .await;
        assert_eq!(answer.status, 200);

        let refresh = tokens.refresh_token.clone().unwrap();
        let request = oauth::refresh_request(&config, SKEP, &refresh).unwrap();
        let response = client.send(request).await.unwrap();
        let next = oauth::refresh_response(response, now()).unwrap();
        let request = oauth::revoke_request(&config, SKEP, &next.access_token).unwrap();
        oauth::revoke_response(client.send(request).await.unwrap()).unwrap();
        let answer = desk.app.get(path).key(next.bearer().expose()).send().await;
        assert_eq!(answer.status, 401);
        let refresh = next.refresh_token.unwrap();
        let request = oauth::refresh_request(&config, SKEP, &refresh).unwrap();
        let response = client.send(request).await.unwrap();
        let error = oauth::refresh_response(response, now()).unwrap_err();
        let skep_client::Error::OAuth(OAuthError::InvalidGrant { .. }) = error else {
            panic!("{error}");
        };
        let request = oauth::revoke_by_hash_request(&config, &refresh).unwrap();
        oauth::revoke_response(client.send(request).await.unwrap()).unwrap();
    })
    .await;
}

#[tokio::test]
async fn our_client_is_told_no() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        let error = log_in(&desk, false).await.unwrap_err();
        assert!(
            matches!(error, skep_client::Error::OAuth(OAuthError::Denied)),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn our_client_exchanges_a_license_key() {
    on_each_app(async |app| {
        let desk = Desk::new(app).await;
        desk.app.publish("alpha", "1.0.0").await;
        let sold = desk.app.sell(Sale::of("alpha")).await;
        let (config, client) = (config(&desk), Transport::new("skep/test").unwrap());
        let key = sold.key.as_str().into();
        let request =
            oauth::client_credentials_request(&config, SKEP, &key, "repositories", None).unwrap();
        let response = client.send(request).await.unwrap();
        let tokens = oauth::client_credentials_response(response, 0).unwrap();
        assert!(tokens.refresh_token.is_none());
        let path = "/repo/packages/alpha";
        let answer = desk
            .app
            .get(path)
            .key(tokens.bearer().expose())
            .send()
            .await;
        assert_eq!(answer.status, 200);
    })
    .await;
}
