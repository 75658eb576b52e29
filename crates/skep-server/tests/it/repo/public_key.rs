//! `/repo/public_key`: the first thing that `mix hex.repo add` asks for.

use data_encoding::BASE64;
use skep_formats::key::PublicKey;
use skep_server::db::audit::Actor;
use skep_server::licensing::{keys, licenses};

use crate::support::{HEX_2_3, MIX, Sale, TODAY, TestApp};

const PATH: &str = "/repo/public_key";
const PEM: &str = include_str!("../../../../../testdata/golden/keys/rsa2048_pub_spki.pem");

#[tokio::test]
async fn everybody_may_verify_what_they_have() {
    let app = TestApp::new().await;
    let revoked = app.sell(Sale::of("alpha")).await;
    let closed = app.sell(Sale::of("alpha")).await;
    let ended = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(-1)))
        .await;
    keys::revoke(&app.node.app, revoked.key_id.parse().unwrap(), &Actor::Cli)
        .await
        .unwrap();
    licenses::revoke(&app.node.app, &closed.license, &Actor::Cli)
        .await
        .unwrap();
    app.settle().await;
    let basic = format!(
        "Basic {}",
        BASE64.encode(format!("x:{}", ended.key).as_bytes())
    );
    let credentials = [
        "",
        "Bearer ",
        "Bearer eyJhbGciOiJFUzI1NiJ9.e30.x",
        &revoked.key,
        &closed.key,
        &ended.key,
        &basic,
    ];
    let mut answers = vec![app.get(PATH).send().await];
    for credential in credentials {
        answers.push(
            app.get(PATH)
                .header("authorization", credential)
                .send()
                .await,
        );
    }
    for answer in answers {
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/x-pem-file")
        );
        assert_eq!(answer.text().matches("-----BEGIN").count(), 1);
        assert_eq!(
            PublicKey::from_pem(&answer.body).unwrap(),
            PublicKey::from_pem(PEM).unwrap()
        );
    }
}

#[tokio::test]
async fn a_key_that_was_never_issued_is_told_at_once() {
    let app = TestApp::with(&[("SKEP_LIMITS__FAILED_KEYS_PER_MINUTE", "4")]).await;
    let basic = format!("Basic {}", BASE64.encode(b"me:mistyped"));
    for credential in ["mistyped", &basic, "skl_mistyped"] {
        let answer = app
            .get(PATH)
            .header("authorization", credential)
            .agent(MIX)
            .send()
            .await;
        assert_eq!(answer.status, 401, "{credential}");
        let message = answer.header("x-hex-message");
        assert!(
            message.starts_with('"') && message.ends_with("\";level=fatal"),
            "{message}"
        );
        assert!(
            message.contains(". The entry that mix has just saved is broken; `mix hex.repo add` with the right key replaces it."),
            "{message}"
        );
    }
    let crashes = app.get(PATH).key("mistyped").agent(HEX_2_3).send().await;
    assert_eq!((crashes.status, crashes.header("x-hex-message")), (401, ""));
    let limited = app.get(PATH).key("mistyped").send().await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "60"));
}

#[tokio::test]
async fn the_key_of_a_repository_that_is_not_there() {
    let app = TestApp::new().await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let answer = app
        .get("/repo/repos/nowhere/public_key")
        .key(&key)
        .send()
        .await;
    assert_eq!(
        (answer.status, answer.text()),
        (404, "There is no repository `nowhere` here.\n")
    );
}
