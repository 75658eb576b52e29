//! `x-hex-message`: what mix prints beside, for those that survive it.

use skep_server::db::audit::Actor;
use skep_server::licensing::keys;

use crate::support::{CURL, GLEAM, HEX_2_0, HEX_2_1, HEX_2_3, MIX, REBAR3, Sale, TODAY, TestApp};

const PATH: &str = "/repo/packages/alpha";

async fn app() -> TestApp {
    let app = TestApp::with(&[("SKEP_MESSAGES__RENEW_URL", "https://acme.example/account")]).await;
    app.publish_at("alpha", "1.0.0", TODAY.plus_days(-300))
        .await;
    app.publish_at("alpha", "2.0.0", TODAY.plus_days(-100))
        .await;
    app
}

async fn message(app: &TestApp, key: &str, agent: &str) -> String {
    app.get(PATH)
        .key(key)
        .agent(agent)
        .send()
        .await
        .header("x-hex-message")
        .to_owned()
}

#[tokio::test]
async fn only_clients_that_cope_get_one() {
    let app = app().await;
    for (agent, copes) in [
        (HEX_2_0, true),
        (HEX_2_1, false),
        (HEX_2_3, false),
        (MIX, true),
        (REBAR3, false),
        (GLEAM, false),
        (CURL, false),
    ] {
        let ending = app
            .sell(Sale::of("alpha").access_until(TODAY.plus_days(5)))
            .await
            .key;
        let text = message(&app, &ending, agent).await;
        assert_eq!(!text.is_empty(), copes, "{agent}: {text}");
        let closed = app
            .sell(Sale::of("alpha").access_until(TODAY.plus_days(-5)))
            .await
            .key;
        let text = message(&app, &closed, agent).await;
        assert_eq!(!text.is_empty(), copes, "{agent}: {text}");
    }
}

#[tokio::test]
async fn it_comes_once_a_minute_for_each_key() {
    let app = app().await;
    let first = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(5)))
        .await
        .key;
    let second = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(5)))
        .await
        .key;
    assert_ne!(message(&app, &first, MIX).await, "");
    assert_eq!(message(&app, &first, MIX).await, "");
    assert_ne!(message(&app, &second, MIX).await, "");
    app.clock.advance(59);
    assert_eq!(message(&app, &first, MIX).await, "");
    app.clock.advance(1);
    assert_ne!(message(&app, &first, MIX).await, "");
}

#[tokio::test]
async fn it_says_what_ends_and_what_is_hidden() {
    let app = app().await;
    let ending = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(5)))
        .await
        .key;
    let expected = "\"Your license for acme ends on 2026-11-27. Renew at https://acme.example/account\";level=warn";
    assert_eq!(message(&app, &ending, MIX).await, expected);

    let hides = app
        .sell(Sale::of("alpha").updates_until(TODAY.plus_days(-150)))
        .await
        .key;
    let expected = "\"1 newer release of alpha is not shown: updates ended on 2026-06-25. If your lock file has a hidden one, `mix deps.update alpha` locks an older one. Renew at https://acme.example/account\";level=warn";
    assert_eq!(message(&app, &hides, MIX).await, expected);

    let rotated = app.sell(Sale::of("alpha")).await;
    assert_eq!(message(&app, &rotated.key, MIX).await, "");
    keys::rotate(
        &app.node.app,
        rotated.key_id.parse().unwrap(),
        7 * 86_400,
        &Actor::Cli,
    )
    .await
    .unwrap();
    app.settle().await;
    let text = message(&app, &rotated.key, MIX).await;
    assert!(
        text.contains("replaced by a new one and stops working on 2026-11-29"),
        "{text}"
    );
}

#[tokio::test]
async fn a_refusal_is_an_error() {
    let app = app().await;
    let closed = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(-5)))
        .await
        .key;
    let answer = app.get(PATH).key(&closed).agent(MIX).send().await;
    assert_eq!(
        answer.header("x-hex-message"),
        format!("\"{}\";level=fatal", answer.text().trim_end())
    );
    // Without a key, it is the address that is told once a minute.
    assert_ne!(
        app.get(PATH)
            .agent(MIX)
            .send()
            .await
            .header("x-hex-message"),
        ""
    );
    assert_eq!(
        app.get(PATH)
            .agent(MIX)
            .send()
            .await
            .header("x-hex-message"),
        ""
    );
}

#[tokio::test]
async fn downloads_carry_none() {
    let app = app().await;
    let ending = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(5)))
        .await
        .key;
    for path in ["/repo/tarballs/alpha-1.0.0.tar", "/repo/names"] {
        assert_eq!(
            app.get(path)
                .key(&ending)
                .agent(MIX)
                .send()
                .await
                .header("x-hex-message"),
            ""
        );
    }
}
