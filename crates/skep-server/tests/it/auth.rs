//! Who is it? Credentials of users, with everything that can be wrong about them, and the second factor
//! as hex_core expects it.

use data_encoding::BASE64;
use reqwest::Method;
use serde_json::{Value, json};
use skep_server::accounts::attempts::{Account, AttemptError, Kind, begin};
use skep_server::accounts::caller::Via;
use skep_server::accounts::password::Password;
use skep_server::accounts::role::Role;
use skep_server::accounts::second_factor::{self, Presented};
use skep_server::accounts::totp::TotpSecret;
use skep_server::accounts::{api_keys, passwords, users};
use skep_server::db;
use skep_server::db::audit::{Actor, Entry};
use skep_server::jobs::prune_accounts::prune_accounts;
use skep_server::oauth::logins::{Approver, approve};

use crate::support::{Answer, TestApp};

const REALM: &str = "Basic realm=hex";
const REQUIRED: &str = "Bearer realm=\"hex\", error=\"totp_required\"";
const INVALID: &str = "Bearer realm=\"hex\", error=\"invalid_totp\"";
const EXPIRED: &str = "Bearer realm=\"hex\", error=\"token_expired\"";
const MIX: &str = "78ea6566-89fd-481e-a1d6-7d9d78eacca8";

async fn read(app: &TestApp, credential: &str) -> Answer {
    let ask = app.get("/api/manage/licenses");
    ask.header("authorization", credential).send().await
}

async fn write(app: &TestApp, credential: &str, code: Option<&str>) -> Answer {
    let number = app.audit().await.len();
    let body = json!({"email": format!("jo{number}@example.com"), "name": "Jo"});
    let ask = app.ask(Method::POST, "/api/manage/customers");
    let ask = ask.header("authorization", credential).json(&body);
    match code {
        Some(code) => ask.header("x-hex-otp", code).send().await,
        None => ask.send().await,
    }
}

fn refused(answer: &Answer, status: u16, challenge: &str, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("www-authenticate"), challenge);
    let body = answer.json();
    assert_eq!(body["status"], status);
    let message = body["message"].as_str().unwrap();
    assert!(message.contains(text), "{message}");
}

/// Logs a tool in as `rosa`, through the device flow; gives what its client keeps.
async fn log_in(app: &TestApp) -> Value {
    let post = async |path: &str, body: Value| {
        let ask = app.ask(Method::POST, path).agent(crate::support::MIX);
        let answer = ask.json(&body).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let scope = "api licenses:write";
    let body = json!({"client_id": MIX, "name": "a laptop", "scope": scope});
    let device = post("/api/oauth/device_authorization", body).await;
    let user = users::show(&app.node.app, "rosa").await.unwrap();
    let address = "192.0.2.1".parse().unwrap();
    let actor = Actor::Anonymous { address };
    let approver = Approver {
        user: &user,
        actor: &actor,
        address,
    };
    let code = device["user_code"].as_str().unwrap();
    approve(&app.node.app, &approver, code, None).await.unwrap();
    let body = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": MIX,
        "device_code": device["device_code"],
    });
    post("/api/oauth/token", body).await
}

fn bearer(login: &Value) -> String {
    format!("Bearer {}", login["access_token"].as_str().unwrap())
}

/// Gives `rosa` a second factor.
async fn enroll(app: &TestApp) -> TotpSecret {
    let user = users::show(&app.node.app, "rosa").await.unwrap();
    let enrollment = second_factor::enroll(&app.node.app, &user).await.unwrap();
    let code = enrollment.secret.code_at(app.node.app.clock.now());
    let presented = Presented {
        code: &code,
        via: Via::Password,
        address: "192.0.2.1".parse().unwrap(),
    };
    second_factor::confirm(&app.node.app, &user, presented)
        .await
        .unwrap();
    app.clock.advance(30);
    enrollment.secret
}

async fn rosa() -> TestApp {
    let app = TestApp::new().await;
    app.user("rosa", Role::Owner).await;
    app
}

#[tokio::test]
async fn an_api_key_is_taken_wherever_clients_put_it() {
    let app = rosa().await;
    let key = app.api_key("rosa", "licenses:write").await;
    let basic = |login: String| format!("Basic {}", BASE64.encode(login.as_bytes()));
    for credential in [
        key.clone(),
        format!("Bearer {key}"),
        basic(format!("{key}:")),
        basic(format!("rosa:{key}")),
    ] {
        assert_eq!(read(&app, &credential).await.status, 200);
        assert_eq!(write(&app, &credential, None).await.status, 201);
    }
    for credential in [
        "".to_owned(),
        "Basic".to_owned(),
        "Bearer ".to_owned(),
        "Bearer eyJhbGciOiJub25lIn0.e30.".to_owned(),
        format!("{key}x"),
        basic("rosa:correct horse".to_owned()),
    ] {
        refused(&read(&app, &credential).await, 401, REALM, "");
    }
}

#[tokio::test]
async fn a_key_that_was_closed_says_so() {
    let app = rosa().await;
    app.user("jo", Role::Owner).await;
    let key = app.api_key("rosa", "licenses:read").await;
    let record = api_keys::list(&app.node.app, "rosa")
        .await
        .unwrap()
        .remove(0);
    users::disable(&app.node.app, "rosa", &Actor::Cli)
        .await
        .unwrap();
    refused(
        &read(&app, &key).await,
        401,
        REALM,
        "account `rosa` is disabled",
    );
    users::enable(&app.node.app, "rosa", &Actor::Cli)
        .await
        .unwrap();
    assert_eq!(read(&app, &key).await.status, 200);
    api_keys::revoke(&app.node.app, record.id, &Actor::Cli)
        .await
        .unwrap();
    refused(&read(&app, &key).await, 401, REALM, "revoked on 2026-11-22");
}

#[tokio::test]
async fn unknown_keys_are_limited_and_known_ones_are_not() {
    let app = rosa().await;
    let key = app.api_key("rosa", "licenses:read").await;
    for _ in 0..30 {
        let answer = read(&app, "ska_unknown").await;
        refused(&answer, 401, REALM, "invalid API key");
    }
    let answer = read(&app, "ska_unknown").await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "60");
    assert_eq!(read(&app, &key).await.status, 200);
}

#[tokio::test]
async fn a_write_with_a_token_needs_the_second_factor() {
    let app = rosa().await;
    let login = log_in(&app).await;
    let token = bearer(&login);
    assert_eq!(read(&app, &token).await.status, 200);
    let text = "Two-factor authentication must be enabled for API write access";
    refused(&write(&app, &token, None).await, 403, "", text);
    let secret = enroll(&app).await;
    assert_eq!(read(&app, &token).await.status, 200);
    refused(&write(&app, &token, None).await, 401, REQUIRED, "code");
    refused(&write(&app, &token, Some("")).await, 401, REQUIRED, "code");
    refused(
        &write(&app, &token, Some("000000")).await,
        401,
        INVALID,
        "wrong",
    );
    let long = "1".repeat(65);
    refused(
        &write(&app, &token, Some(&long)).await,
        401,
        INVALID,
        "wrong",
    );
    let code = secret.code_at(app.node.app.clock.now());
    assert_eq!(write(&app, &token, Some(&code)).await.status, 201);
    // mix sends it again with the next request of the same command.
    assert_eq!(write(&app, &token, Some(&code)).await.status, 201);
    let other = bearer(&log_in(&app).await);
    refused(
        &write(&app, &other, Some(&code)).await,
        401,
        INVALID,
        "used",
    );
    let key = app.api_key("rosa", "licenses:write").await;
    assert_eq!(write(&app, &key, None).await.status, 201);
}

#[tokio::test]
async fn an_exchanged_api_key_needs_none() {
    let app = rosa().await;
    let key = app.api_key("rosa", "licenses:write").await;
    let body = json!({
        "grant_type": "client_credentials", "client_id": MIX, "client_secret": key,
        "scope": "licenses:write",
    });
    let ask = app
        .ask(Method::POST, "/api/oauth/token")
        .agent(crate::support::MIX)
        .json(&body);
    let token = bearer(&ask.send().await.json());
    assert_eq!(write(&app, &token, None).await.status, 201);
    let entries = app.audit().await;
    let made = |entry: &&Entry| entry.action == "customer.create";
    let entry = entries.iter().find(made).unwrap();
    assert!(entry.via.as_ref().unwrap().starts_with("api-key apk_"));
    let record = api_keys::list(&app.node.app, "rosa")
        .await
        .unwrap()
        .remove(0);
    api_keys::revoke(&app.node.app, record.id, &Actor::Cli)
        .await
        .unwrap();
    app.settle().await;
    refused(&read(&app, &token).await, 401, REALM, "revoked");
}

#[tokio::test]
async fn only_a_token_whose_time_is_over_is_called_expired() {
    let app = rosa().await;
    let login = log_in(&app).await;
    let token = bearer(&login);
    app.clock.advance(1_799);
    assert_eq!(read(&app, &token).await.status, 200);
    app.clock.advance(1);
    refused(&read(&app, &token).await, 401, EXPIRED, "expired");
    let second = log_in(&app).await;
    let body = json!({"client_id": MIX, "token": second["refresh_token"]});
    let ask = app
        .ask(Method::POST, "/api/oauth/revoke")
        .agent(crate::support::MIX)
        .json(&body);
    assert_eq!(ask.send().await.status, 200);
    app.settle().await;
    refused(&read(&app, &bearer(&second)).await, 401, REALM, "revoked");
}

#[tokio::test]
async fn of_a_thousand_wrong_codes_few_are_looked_at() {
    let app = rosa().await;
    let secret = enroll(&app).await;
    let token = bearer(&log_in(&app).await);
    let (mut wrong, mut limited) = (0, 0);
    for _ in 0..200 {
        let answer = write(&app, &token, Some("000000")).await;
        match answer.status {
            401 => wrong += 1,
            429 => limited += 1,
            _ => panic!("{}", answer.text()),
        }
    }
    assert_eq!((wrong, limited), (5, 195));
    app.clock.advance(30);
    let code = secret.code_at(app.node.app.clock.now());
    assert_eq!(write(&app, &token, Some(&code)).await.status, 201);
    let entries = app.audit().await;
    let failed = entries
        .iter()
        .filter(|it| it.action == "second_factor.fail");
    assert_eq!(failed.count(), 5);
}

#[tokio::test]
async fn the_audit_says_who_with_what_and_from_where() {
    let app = rosa().await;
    let key = app.api_key("rosa", "licenses:write").await;
    assert_eq!(write(&app, &key, None).await.status, 201);
    let record = api_keys::list(&app.node.app, "rosa")
        .await
        .unwrap()
        .remove(0);
    let entries = app.audit().await;
    let made = |entry: &&Entry| entry.action == "customer.create";
    let entry = entries.iter().find(made).unwrap();
    assert_eq!(entry.actor, "user rosa");
    assert_eq!(entry.via, Some(format!("api-key {}", record.id)));
    assert_eq!(entry.address.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn last_uses_are_written_down_later() {
    let app = rosa().await;
    let key = app.api_key("rosa", "licenses:read").await;
    app.clock.advance(100);
    assert_eq!(read(&app, &key).await.status, 200);
    let last_use = async || api_keys::list(&app.node.app, "rosa").await.unwrap()[0].last_used_at;
    assert_eq!(last_use().await, None);
    app.node.last_uses.flush(&app.node.app.db).await.unwrap();
    assert_eq!(last_use().await, Some(app.node.app.clock.now()));
    let mut tx = app.node.app.db.begin().await.unwrap();
    let id = api_keys::list(&app.node.app, "rosa").await.unwrap()[0].id;
    let earlier = app.node.app.clock.now().plus_seconds(-50);
    db::api_keys::update_last_used_at(&mut tx, id, earlier)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(last_use().await, Some(app.node.app.clock.now()));
}

#[tokio::test]
async fn a_fetch_from_the_repository_is_a_use_too() {
    let app = rosa().await;
    app.publish("alpha", "1.0.0").await;
    let key = app.api_key("rosa", "repositories").await;
    let fetch = async || {
        app.clock.advance(100);
        let answer = app.get("/repo/packages/alpha").key(&key).send().await;
        app.node.last_uses.flush(&app.node.app.db).await.unwrap();
        let keys = api_keys::list(&app.node.app, "rosa").await.unwrap();
        (answer.status, keys[0].last_used_at)
    };
    let used = fetch().await;
    assert_eq!(used, (200, Some(app.node.app.clock.now())));
    let id = api_keys::list(&app.node.app, "rosa").await.unwrap()[0].id;
    api_keys::revoke(&app.node.app, id, &Actor::Cli)
        .await
        .unwrap();
    app.settle().await;
    assert_eq!(fetch().await, (401, used.1));
}

#[tokio::test]
async fn a_new_password_ends_the_logins_of_tools() {
    let app = rosa().await;
    let token = bearer(&log_in(&app).await);
    assert_eq!(read(&app, &token).await.status, 200);
    let password = Password::from_text("correct horse");
    passwords::set(&app.node.app, "rosa", &password, &Actor::Cli)
        .await
        .unwrap();
    app.settle().await;
    refused(&read(&app, &token).await, 401, REALM, "revoked");
}

async fn make_key(app: &TestApp, login: &str, permission: Value, code: &str) -> Answer {
    let basic = format!("Basic {}", BASE64.encode(login.as_bytes()));
    let body = json!({"name": "laptop", "permissions": [permission]});
    let ask = app
        .ask(Method::POST, "/api/keys")
        .agent(crate::support::REBAR3);
    let ask = ask
        .header("authorization", &basic)
        .header("x-hex-otp", code);
    ask.json(&body).send().await
}

async fn with_password() -> TestApp {
    let app = rosa().await;
    let password = Password::from_text("correct horse");
    passwords::set(&app.node.app, "rosa", &password, &Actor::Cli)
        .await
        .unwrap();
    app
}

#[tokio::test]
async fn a_name_and_a_password_make_a_key_and_nothing_else() {
    let app = with_password().await;
    let api = json!({"domain": "api"});
    let made = make_key(&app, "rosa:correct horse", api.clone(), "").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let me = app.get("/api/users/me").agent(crate::support::REBAR3);
    assert_eq!(me.key(&secret).send().await.status, 200);
    let beyond = json!({"domain": "licenses", "resource": "write"});
    let refused_beyond = make_key(&app, "rosa:correct horse", beyond, "").await;
    assert_eq!(refused_beyond.status, 422);
    let basic = format!("Basic {}", BASE64.encode(b"rosa:correct horse"));
    let me = app.get("/api/users/me").agent(crate::support::REBAR3);
    let answer = me.header("authorization", &basic).send().await;
    refused(&answer, 401, REALM, "no good here");
    let secret = enroll(&app).await;
    let login = "rosa:correct horse";
    let answer = make_key(&app, login, api.clone(), "").await;
    refused(&answer, 401, REQUIRED, "code");
    let answer = make_key(&app, login, api.clone(), "000000").await;
    refused(&answer, 401, INVALID, "wrong");
    let code = secret.code_at(app.node.app.clock.now());
    assert_eq!(make_key(&app, login, api, &code).await.status, 201);
}

#[tokio::test]
async fn of_a_thousand_wrong_passwords_few_are_looked_at_on_any_node() {
    let app = with_password().await;
    let other = app.other_process().await;
    let api = json!({"domain": "api"});
    for _ in 0..5 {
        let answer = make_key(&app, "rosa:wrong password", api.clone(), "").await;
        refused(&answer, 401, REALM, "invalid username and password");
    }
    for _ in 0..20 {
        let answer = make_key(&app, "rosa:correct horse", api.clone(), "").await;
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("retry-after"), "30");
    }
    let user = users::show(&other, "rosa").await.unwrap();
    let address = "127.0.0.1".parse().unwrap();
    let on_other = begin(&other, Kind::Password, Account::User(user.id), address).await;
    assert!(matches!(on_other, Err(AttemptError::TooMany { .. })));
    app.clock.advance(30);
    let answer = make_key(&app, "rosa:correct horse", api, "").await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn what_is_over_is_deleted() {
    use skep_server::accounts::{links, login, sessions::Origin};
    let app = with_password().await;
    let db = &app.node.app.db;
    let origin = Origin {
        address: "192.0.2.1".parse().unwrap(),
        user_agent: String::new(),
    };
    let password = Password::from_text("correct horse");
    login::with_password(&app.node.app, "rosa", &password, &origin)
        .await
        .unwrap();
    let _wrong = begin(&app.node.app, Kind::Link, Account::Any, origin.address)
        .await
        .unwrap();
    links::create(&app.node.app, "rosa", &Actor::Cli)
        .await
        .unwrap();
    let prune = async || {
        let now = app.node.app.clock.now();
        prune_accounts(db, now).await.unwrap()
    };
    assert_eq!(prune().await, 0);
    app.clock.advance(12 * 3600 + 1);
    assert_eq!(prune().await, 1, "the session");
    app.clock.advance(12 * 3600 + 1);
    assert_eq!(prune().await, 4, "the link and three counts");
    app.clock.advance(180 * 86_400);
    assert_eq!(prune().await, 1, "the address");
}
