//! What should not be sent: a clear error in the format asked for, and nothing of it stays.

use reqwest::Method;
use skep_formats::etf;
use skep_server::accounts::role::Role;

use crate::support::{CURL, TestApp, tarball};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/golden");
const TAR: &str = "application/octet-stream";

#[tokio::test]
async fn every_invalid_tarball_is_refused_with_its_reason() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let mut reasons = Vec::new();
    for entry in fs_err::read_dir(format!("{GOLDEN}/tarballs/invalid")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "tar") {
            continue;
        }
        let answer = app
            .ask(Method::POST, "/api/publish")
            .key(&key)
            .agent(CURL)
            .header("content-type", TAR)
            .header("accept", etf::CONTENT_TYPE)
            .body(fs_err::read(&path).unwrap())
            .send()
            .await;
        assert_eq!(answer.status, 422, "{}", path.display());
        assert_eq!(answer.header("content-type"), etf::CONTENT_TYPE);
        let body = etf::decode(&answer.body, 100_000).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        reasons.push(format!("{name}: {}", body["errors"]["tar"]));
        assert!(!answer.body.windows(4).any(|text| text == b"/tmp"));
    }
    reasons.sort();
    insta::assert_snapshot!(reasons.join("\n"));
}

#[tokio::test]
async fn bad_terms_are_refused() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    for name in ["bad_atom", "bad_fun", "bad_pid"] {
        let answer = app
            .ask(Method::POST, "/api/keys")
            .key(&key)
            .agent(CURL)
            .header("content-type", etf::CONTENT_TYPE)
            .body(fs_err::read(format!("{GOLDEN}/etf/{name}.etf")).unwrap())
            .send()
            .await;
        assert_eq!(answer.status, 400, "{name}");
        let message = answer.json()["message"].to_string();
        assert!(message.contains("the body cannot be read"), "{message}");
    }
}

#[tokio::test]
async fn headers_that_make_no_sense() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let post = |content_type: &str, body: Vec<u8>| {
        let ask = app.ask(Method::POST, "/api/publish").key(&key).agent(CURL);
        let ask = match content_type {
            "" => ask,
            content_type => ask.header("content-type", content_type),
        };
        ask.body(body).send()
    };
    let good = tarball("alpha", "1.0.0", "");
    assert_eq!(post("", good.clone()).await.status, 415);
    assert_eq!(post("application/json", good.clone()).await.status, 415);
    assert_eq!(post(TAR, Vec::new()).await.status, 422);
    assert_eq!(post("application/x-tar", good).await.status, 201);
    let large = vec![0; 17 * 1024 * 1024];
    let answer = post(TAR, large).await;
    assert_eq!(answer.status, 413, "{}", answer.text());
    let without_agent = app.get("/api/packages").key(&key).send().await;
    assert_eq!(without_agent.status, 400);
    assert_eq!(
        without_agent.json()["message"],
        "User-Agent header is required"
    );
    let accept = app
        .get("/api")
        .agent(CURL)
        .header("accept", "text/html")
        .send()
        .await;
    assert_eq!(accept.status, 406);
}

#[tokio::test]
async fn addresses_that_are_none() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    for (method, path, status) in [
        (Method::GET, "/api/nothing", 404),
        (Method::GET, "/api/packages/No-Name", 404),
        (Method::GET, "/api/packages/alpha/releases/1", 404),
        (Method::GET, "/api/repos/nowhere/packages", 404),
        (Method::GET, "/api/packages/%ff", 400),
        (Method::GET, "/api/users/nobody", 404),
        (Method::GET, "/api/keys/none", 404),
        (Method::GET, "/api/orgs/nowhere/keys", 404),
        (Method::PUT, "/api/packages", 405),
        (Method::DELETE, "/api/publish", 405),
        (Method::GET, "/api/auth", 400),
        (Method::GET, "/api/auth?domain=nothing", 403),
    ] {
        let answer = app.ask(method, path).key(&key).agent(CURL).send().await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.json()["status"], status, "{path}");
    }
    let index = app.get("//api//").agent(CURL).send().await;
    assert_eq!(
        index.json()["packages_url"],
        format!("{}/api/packages", app.url)
    );
}

#[tokio::test]
async fn without_a_credential_nothing_is_told() {
    let app = TestApp::new().await;
    app.member("rosa", Role::Publisher).await;
    app.publish("alpha", "1.0.0").await;
    for path in [
        "/api/packages",
        "/api/packages/alpha",
        "/api/packages/none",
        "/api/repos/none/packages",
        "/api/users/rosa",
        "/api/keys",
        "/api/orgs",
        "/api/auth?domain=api",
    ] {
        for key in [None, Some("ska_nonsense"), Some("Bearer x.y.z")] {
            let ask = app.get(path).agent(CURL);
            let answer = key
                .map_or(ask, |key| app.get(path).agent(CURL).key(key))
                .send()
                .await;
            assert_eq!(answer.status, 401, "{path}");
            assert!(
                answer
                    .header("www-authenticate")
                    .starts_with("Basic realm=hex")
            );
        }
    }
}

#[tokio::test]
async fn fields_of_another_kind() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    app.publish("alpha", "1.0.0").await;
    for (method, path, body, field) in [
        (
            Method::POST,
            "/api/packages/alpha/releases/1.0.0/retire",
            "{}",
            "retirement",
        ),
        (
            Method::POST,
            "/api/packages/alpha/releases/1.0.0/retire",
            r#"{"reason": "bored"}"#,
            "retirement",
        ),
        (
            Method::POST,
            "/api/packages/alpha/releases/1.0.0/retire",
            r#"{"reason": 1}"#,
            "retirement",
        ),
        (
            Method::POST,
            "/api/packages/alpha/retire",
            r#"{"reason": "other", "message": "x"}"#,
            "retirement",
        ),
        (
            Method::PUT,
            "/api/packages/alpha/owners/rosa",
            r#"{"level": "boss"}"#,
            "level",
        ),
        (Method::POST, "/api/keys", "{}", "name"),
        (Method::POST, "/api/keys", r#"{"name": 1}"#, "name"),
        (
            Method::POST,
            "/api/keys",
            r#"{"name": "x", "permissions": "all"}"#,
            "permissions",
        ),
        (
            Method::POST,
            "/api/keys",
            r#"{"name": "x", "permissions": [{"domain": "all"}]}"#,
            "permissions",
        ),
        (
            Method::POST,
            "/api/keys",
            r#"{"name": "x", "permissions": [{"domain": "api", "resource": "x"}]}"#,
            "permissions",
        ),
        (
            Method::POST,
            "/api/keys",
            r#"{"name": "x", "permissions": [{"domain": "repository", "resource": "x"}]}"#,
            "permissions",
        ),
        (
            Method::POST,
            "/api/keys",
            r#"{"name": "x", "permissions": [{"domain": "licenses", "resource": "write"}]}"#,
            "permissions",
        ),
        (
            Method::POST,
            "/api/keys",
            r#"{"name": "x", "revoke_at": "2020-01-01T00:00:00Z"}"#,
            "revoke_at",
        ),
    ] {
        let answer = app
            .ask(method, path)
            .key(&key)
            .agent(CURL)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await;
        assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text());
        assert!(
            answer.json()["errors"][field] != serde_json::Value::Null,
            "{body}"
        );
    }
}
