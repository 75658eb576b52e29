//! `/repo/packages/NAME`: the registry as each license sees it.

use std::time::Duration;

use skep_formats::checksum::Sha256;
use skep_server::db::audit::Actor;
use skep_server::licensing::licenses::{self, GrantRequest};

use crate::support::{MIX, REBAR3, Sale, TODAY, TestApp};

const PATH: &str = "/repo/packages/alpha";

#[tokio::test]
async fn a_license_gets_the_signed_resource() {
    let app = TestApp::new().await;
    let tarball = app.publish_at("alpha", "1.0.0", TODAY.plus_days(-3)).await;
    let key = app.sell(Sale::of("alpha")).await.key;
    for agent in [MIX, REBAR3] {
        let answer = app.get(PATH).key(&key).agent(agent).send().await;
        let package = answer.package("acme", "alpha");
        let [release] = &package.releases[..] else {
            panic!("{package:?}")
        };
        assert_eq!(
            (release.version.as_str(), release.outer_checksum),
            ("1.0.0", Some(Sha256::of(&tarball)))
        );
        let published_at = release.published_at.as_ref().map(|at| at.seconds);
        assert_eq!(published_at, Some(TODAY.plus_days(-3).seconds()));
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("content-encoding"), "");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        assert_eq!(answer.header("vary"), "authorization");
        assert_eq!(
            answer.header("content-length"),
            answer.body.len().to_string()
        );
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let etag = app
        .get(PATH)
        .key(&key)
        .send()
        .await
        .header("etag")
        .to_owned();
    assert!(etag.len() == 66 && etag.starts_with('"'), "{etag}");
    for sent in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"x\", {etag}"),
        "*".to_owned(),
    ] {
        let answer = app
            .get(PATH)
            .key(&key)
            .header("if-none-match", &sent)
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.body.len(), answer.header("etag")),
            (304, 0, etag.as_str()),
            "{sent}"
        );
    }
    for sent in ["", "\"x\""] {
        assert_eq!(
            app.get(PATH)
                .key(&key)
                .header("if-none-match", sent)
                .send()
                .await
                .status,
            200
        );
    }
    assert_eq!(
        app.get(PATH)
            .header("if-none-match", &etag)
            .send()
            .await
            .status,
        401
    );
    app.publish("alpha", "1.1.0").await;
    let answer = app
        .get(PATH)
        .key(&key)
        .header("if-none-match", &etag)
        .send()
        .await;
    assert_eq!((answer.status, answer.versions_of("alpha").len()), (200, 2));
}

#[tokio::test]
async fn head_says_what_get_would() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let get = app.get(PATH).key(&key).send().await;
    let head = app.ask(reqwest::Method::HEAD, PATH).key(&key).send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in [
        "content-length",
        "content-type",
        "etag",
        "cache-control",
        "vary",
    ] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let refused = app.ask(reqwest::Method::HEAD, PATH).send().await;
    assert_eq!((refused.status, refused.body.len()), (401, 0));
    let post = app.ask(reqwest::Method::POST, PATH).key(&key).send().await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn releases_come_in_the_order_of_their_versions() {
    let app = TestApp::new().await;
    for version in ["1.10.0", "1.2.0", "2.0.0-rc.1", "1.9.0", "2.0.0"] {
        app.publish("alpha", version).await;
    }
    let key = app.sell(Sale::of("alpha")).await.key;
    let versions = app.sees(&key, "alpha").await.unwrap();
    assert_eq!(
        versions,
        ["1.2.0", "1.9.0", "1.10.0", "2.0.0-rc.1", "2.0.0"]
    );
}

#[tokio::test]
async fn a_perpetual_license_sees_what_came_in_its_time_and_what_is_granted() {
    let app = TestApp::new().await;
    for (version, days) in [("1.0.0", 300), ("1.1.0", 200), ("2.0.0", 100)] {
        app.publish_at("alpha", version, TODAY.plus_days(-days))
            .await;
    }
    let sold = app
        .sell(Sale::of("alpha").updates_until(TODAY.plus_days(-250)))
        .await;
    assert_eq!(app.sees(&sold.key, "alpha").await.unwrap(), ["1.0.0"]);
    let request = GrantRequest {
        license: sold.license.clone(),
        package: "alpha".parse().unwrap(),
        version: "2.0.0".parse().unwrap(),
        repository: None,
        actor: Actor::Cli,
    };
    licenses::grant(&app.node.app, &request).await.unwrap();
    app.settle().await;
    assert_eq!(
        app.sees(&sold.key, "alpha").await.unwrap(),
        ["1.0.0", "2.0.0"]
    );
    let tarball = async |version: &str| {
        app.get(&format!("/repo/tarballs/alpha-{version}.tar"))
            .key(&sold.key)
            .send()
            .await
            .status
    };
    assert_eq!(
        (
            tarball("1.0.0").await,
            tarball("1.1.0").await,
            tarball("2.0.0").await
        ),
        (200, 402, 200)
    );
}

#[tokio::test]
async fn licenses_that_see_the_same_share_one_signature() {
    let app = TestApp::new().await;
    app.publish_at("alpha", "1.0.0", TODAY.plus_days(-300))
        .await;
    app.publish_at("alpha", "2.0.0", TODAY.plus_days(-100))
        .await;
    let lifetime = app.sell(Sale::of("alpha")).await.key;
    let until_now = app.sell(Sale::of("*").updates_until(TODAY)).await.key;
    let early = app
        .sell(Sale::of("alpha").updates_until(TODAY.plus_days(-150)))
        .await
        .key;
    let etag = async |key: &str| {
        app.get(PATH)
            .key(key)
            .send()
            .await
            .header("etag")
            .to_owned()
    };
    assert_eq!(etag(&lifetime).await, etag(&until_now).await);
    assert_ne!(etag(&lifetime).await, etag(&early).await);
}

#[tokio::test]
async fn what_another_process_does_is_served_within_a_second() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let command = app.other_process().await;
    let sold = app.sell_in(&command, Sale::of("alpha")).await;
    assert_eq!(
        app.sees(&sold.key, "alpha").await.unwrap(),
        ["1.0.0"],
        "a new license works at once"
    );
    licenses::suspend(&command, &sold.license, &Actor::Cli)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(app.sees(&sold.key, "alpha").await, Err(402));
}

#[tokio::test]
async fn many_first_requests_at_once_are_all_answered() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let asks = (0..50).map(|_| app.get(PATH).key(&key).send());
    let answers = futures_util::future::join_all(asks).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.body == answers[0].body && answer.status == 200)
    );
}
