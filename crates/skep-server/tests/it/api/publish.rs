//! Publishing, replacing and taking back.

use serde_json::Value;
use skep_formats::tarball::Requirement;
use skep_server::accounts::role::Role;

use crate::support::{CURL, MIX, Sale, TestApp, metadata, tarball, tarball_of};

const TAR: &str = "application/octet-stream";

/// Publishes as mix does; the answer's code and body.
async fn publish(app: &TestApp, key: &str, path: &str, tarball: Vec<u8>) -> (u16, Value) {
    let answer = app
        .ask(reqwest::Method::POST, path)
        .key(key)
        .agent(MIX)
        .header("content-type", TAR)
        .body(tarball)
        .send()
        .await;
    (answer.status, answer.json())
}

async fn checksum_in_registry(app: &TestApp, key: &str) -> String {
    let answer = app.get("/repo/packages/alpha").key(key).send().await;
    let release = answer.package("acme", "alpha").releases.remove(0);
    release.outer_checksum.unwrap().to_string()
}

#[tokio::test]
async fn a_release_is_there_when_the_answer_comes() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let license = app.sell(Sale::of("alpha")).await;
    let path = "/api/packages/alpha/releases?replace=false";
    let (status, body) = publish(&app, &key, path, tarball("alpha", "1.0.0", "one")).await;
    assert_eq!(status, 201, "{body}");
    let url = format!("{}/api/packages/alpha/releases/1.0.0", app.url);
    assert_eq!(body["url"], url.as_str());
    assert_eq!(body["html_url"], url.as_str());
    assert_eq!(body["publisher"]["username"], "rosa");
    assert_eq!(body["meta"]["app"], "alpha");
    let first = checksum_in_registry(&app, &license.key).await;
    assert_eq!(body["checksum"], first.as_str());

    let (status, body) = publish(&app, &key, path, tarball("alpha", "1.0.0", "two")).await;
    assert_eq!(status, 422);
    assert_eq!(
        body["errors"]["inserted_at"],
        "must include the --replace flag to update an existing release"
    );
    assert_eq!(checksum_in_registry(&app, &license.key).await, first);

    // Without the parameter hex.pm replaces.
    let path = "/api/repos/acme/packages/alpha/releases";
    let (status, body) = publish(&app, &key, path, tarball("alpha", "1.0.0", "two")).await;
    assert_eq!(status, 200, "{body}");
    let second = checksum_in_registry(&app, &license.key).await;
    assert_eq!(body["checksum"], second.as_str());
    assert_ne!(first, second);
    let answer = app
        .get("/repo/tarballs/alpha-1.0.0.tar")
        .key(&license.key)
        .agent(MIX)
        .send()
        .await;
    assert_eq!(answer.body, tarball("alpha", "1.0.0", "two"));
}

#[tokio::test]
async fn the_default_repository_is_called_hexpm_too_and_others_by_their_names() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let path = "/api/repos/hexpm/packages/alpha/releases";
    let (status, _) = publish(&app, &key, path, tarball("alpha", "1.0.0", "")).await;
    assert_eq!(status, 201);
    let path = "/api/repos/sub/publish";
    let (status, body) = publish(&app, &key, path, tarball("beta", "1.0.0", "")).await;
    assert_eq!(status, 201, "{body}");
    let url = format!("{}/api/repos/sub/packages/beta", app.url);
    assert_eq!(body["package_url"], url.as_str());
    let path = "/api/repos/other/publish";
    let (status, _) = publish(&app, &key, path, tarball("beta", "1.0.0", "")).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn of_two_publishers_at_once_one_wins() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let path = "/api/packages/alpha/releases?replace=false";
    for (version, notes) in [("1.0.0", ["one", "two"]), ("1.0.1", ["same", "same"])] {
        let (first, second) = tokio::join!(
            publish(&app, &key, path, tarball("alpha", version, notes[0])),
            publish(&app, &key, path, tarball("alpha", version, notes[1])),
        );
        let mut statuses = [first.0, second.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422], "{first:?} {second:?}");
    }
}

#[tokio::test]
async fn fifty_publishers_of_different_packages_all_win() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let names: Vec<String> = (0..50).map(|number| format!("package_{number}")).collect();
    let published = names.iter().map(|name| {
        let (app, key) = (&app, &key);
        async move { publish(app, key, "/api/publish", tarball(name, "1.0.0", "")).await }
    });
    for (status, body) in futures_util::future::join_all(published).await {
        assert_eq!(status, 201, "{body}");
    }
    let answer = app.get("/api/packages").key(&key).agent(MIX).send().await;
    assert_eq!(answer.json().as_array().map(Vec::len), Some(50));
}

#[tokio::test]
async fn rules_are_told_in_the_words_of_hexpm() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let mut bad = metadata("alpha", "1.0.0+build");
    bad.app = None;
    bad.build_tools.clear();
    bad.requirements.push(Requirement {
        name: "beta".to_owned(),
        app: "beta".to_owned(),
        optional: false,
        requirement: "!= 1.0.0".to_owned(),
        repository: Some("other".to_owned()),
    });
    let (status, body) = publish(&app, &key, "/api/publish", tarball_of(&bad, "")).await;
    assert_eq!(status, 422);
    insta::assert_json_snapshot!(body);
    for (name, version, field, text) in [
        ("mix", "1.0.0", "name", "is reserved"),
        ("a", "1.0.0", "name", "should be at least 2 character(s)"),
        ("Alpha", "1.0.0", "name", "has invalid format"),
        ("alpha", "1.0", "version", "is invalid SemVer"),
    ] {
        let tarball = tarball_of(&metadata(name, version), "");
        let (status, body) = publish(&app, &key, "/api/publish", tarball).await;
        assert_eq!(
            (status, &body["errors"][field]),
            (422, &text.into()),
            "{name}"
        );
    }
    let path = "/api/packages/beta/releases";
    let (status, body) = publish(&app, &key, path, tarball("alpha", "1.0.0", "")).await;
    assert_eq!(status, 422);
    assert_eq!(
        body["errors"]["name"],
        "metadata does not match package name"
    );
}

#[tokio::test]
async fn a_viewer_publishes_only_what_they_own() {
    let app = TestApp::new().await;
    let rosa = app.member("rosa", Role::Publisher).await;
    let vic = app.member("vic", Role::Viewer).await;
    let path = "/api/packages/alpha/releases";
    let (status, _) = publish(&app, &vic, path, tarball("alpha", "1.0.0", "")).await;
    assert_eq!(status, 403);
    let (status, _) = publish(&app, &rosa, path, tarball("alpha", "1.0.0", "")).await;
    assert_eq!(status, 201);
    let owner = "/api/packages/alpha/owners/vic@seller.example";
    let answer = app
        .ask(reqwest::Method::PUT, owner)
        .key(&rosa)
        .agent(MIX)
        .header("content-type", "application/json")
        .body(r#"{"level": "maintainer", "transfer": "false"}"#)
        .send()
        .await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    let (status, _) = publish(&app, &vic, path, tarball("alpha", "1.0.1", "")).await;
    assert_eq!(status, 201);
    let (status, _) = publish(&app, &vic, "/api/publish", tarball("beta", "1.0.0", "")).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn a_key_for_one_package_publishes_that() {
    let app = TestApp::new().await;
    let key = app
        .member_with("rosa", Role::Publisher, "package:acme/alpha")
        .await;
    let path = "/api/packages/alpha/releases";
    let (status, body) = publish(&app, &key, path, tarball("alpha", "1.0.0", "")).await;
    assert_eq!(status, 201, "{body}");
    for path in ["/api/packages/beta/releases", "/api/publish"] {
        let (status, _) = publish(&app, &key, path, tarball("beta", "1.0.0", "")).await;
        assert_eq!(status, 403, "{path}");
    }
    let reader = app.api_key("rosa", "api:read").await;
    let (status, _) = publish(&app, &reader, path, tarball("alpha", "1.1.0", "")).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn what_customers_have_is_deleted_only_on_purpose() {
    let app = TestApp::new().await;
    let key = app.member("rosa", Role::Publisher).await;
    let license = app.sell(Sale::of("alpha")).await;
    for version in ["1.0.0", "1.0.1", "1.0.2"] {
        app.publish("alpha", version).await;
    }
    for version in ["1.0.0", "1.0.1"] {
        let path = format!("/repo/tarballs/alpha-{version}.tar");
        let answer = app.get(&path).key(&license.key).agent(MIX).send().await;
        assert_eq!(answer.status, 200);
    }
    let delete = async |path: &str, agent: &str| {
        let answer = app
            .ask(reqwest::Method::DELETE, path)
            .key(&key)
            .agent(agent)
            .send()
            .await;
        (answer.status, answer.text().to_owned())
    };
    let path = "/api/packages/alpha/releases/1.0.0";
    let (status, text) = delete(path, CURL).await;
    assert_eq!(status, 422);
    assert!(
        text.contains("1 license") && text.contains("force=true"),
        "{text}"
    );
    assert_eq!(delete(&format!("{path}?force=true"), CURL).await.0, 204);
    // mix asks its user, and has no such flag.
    assert_eq!(
        delete("/api/packages/alpha/releases/1.0.1", MIX).await.0,
        204
    );
    assert_eq!(
        delete("/api/packages/alpha/releases/1.0.2", CURL).await.0,
        204
    );
    assert_eq!(
        delete("/api/packages/alpha/releases/1.0.2", CURL).await.0,
        404
    );
    // With its last release the package is gone.
    let answer = app
        .get("/api/packages/alpha")
        .key(&key)
        .agent(CURL)
        .send()
        .await;
    assert_eq!(answer.status, 404);
    let entries = app.audit().await;
    let counts: Vec<_> = entries
        .iter()
        .filter(|entry| entry.action == "release.delete")
        .map(|entry| (entry.actor.as_str(), entry.detail["licenses"].clone()))
        .collect();
    assert_eq!(counts.len(), 3);
    assert_eq!(counts.iter().filter(|(_, count)| *count == 1).count(), 2);
    assert!(
        counts.iter().all(|(actor, _)| actor.contains("rosa")),
        "{counts:?}"
    );
}
