//! A license key, wherever a client puts it.

use data_encoding::BASE64;

use crate::support::{Sale, TestApp};

#[tokio::test]
async fn a_key_works_raw_as_basic_and_as_bearer() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let basic = |login: String| format!("Basic {}", BASE64.encode(login.as_bytes()));
    for credential in [
        key.clone(),
        format!("Bearer {key}"),
        format!("bearer {key}"),
        basic(format!("{key}:")),
        basic(format!(":{key}")),
        basic(format!("anybody:{key}")),
        basic(format!("{key}:anything")),
    ] {
        let answer = app
            .get("/repo/packages/alpha")
            .header("authorization", &credential)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{}", credential.replace(&key, "KEY"));
    }
    for credential in [
        format!("{key}x"),
        format!("Token {key}"),
        key.to_uppercase(),
    ] {
        let answer = app
            .get("/repo/packages/alpha")
            .header("authorization", &credential)
            .send()
            .await;
        assert_eq!(answer.status, 401, "{}", credential.replace(&key, "KEY"));
    }
}
