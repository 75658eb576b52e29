//! What the seller does with packages, and what a running server makes of it.

mod publishing;

use skep_formats::registry::RetirementReason;
use skep_server::catalog::delete::{DeleteError, delete};
use skep_server::catalog::retire::{Target, retire};
use skep_server::db::audit::Actor;

use crate::support::{REBAR3, Sale, TestApp};

fn target(package: &str, version: &str) -> Target {
    let package = package.parse().expect("a package name");
    let version = version.parse().expect("a version");
    Target {
        repository: None,
        package,
        version,
        actor: Actor::Cli,
    }
}

#[tokio::test]
async fn deleting_what_somebody_downloaded_says_who_and_asks_for_force() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    app.publish("alpha", "1.1.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    app.settle().await;
    app.get("/repo/tarballs/alpha-1.0.0.tar")
        .key(&sold.key)
        .agent(REBAR3)
        .send()
        .await;
    app.node.usage.flush().await;
    let command = app.other_process().await;
    delete(&command, &target("alpha", "1.1.0"), false)
        .await
        .expect("nobody has it");
    let error = delete(&command, &target("alpha", "1.0.0"), false)
        .await
        .expect_err("somebody has it");
    let DeleteError::Downloaded { downloaded_by, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        downloaded_by.to_string(),
        format!("1 license ({})", sold.email)
    );
    assert!(error.to_string().contains("`--force`"), "{error}");
    let deleted = delete(&command, &target("alpha", "1.0.0"), true)
        .await
        .expect("forced");
    assert!(deleted.package_is_gone);
    app.settle().await;
    let answer = app
        .get("/repo/tarballs/alpha-1.0.0.tar")
        .key(&sold.key)
        .agent(REBAR3)
        .send()
        .await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn a_retirement_by_another_process_reaches_the_registry() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    app.settle().await;
    let ask = || {
        app.get("/repo/packages/alpha")
            .key(&sold.key)
            .agent(REBAR3)
            .send()
    };
    let before = ask().await;
    let command = app.other_process().await;
    let message = Some("has a hole");
    retire(
        &command,
        &target("alpha", "1.0.0"),
        RetirementReason::Security,
        message,
    )
    .await
    .expect("a release");
    app.settle().await;
    let after = ask().await;
    assert_ne!(before.headers["etag"], after.headers["etag"]);
    let name = "acme".parse().expect("a name");
    let key = &app.node.app.signer(&name).expect("its key").public_key;
    let package =
        skep_formats::registry::Package::open(&after.body, key, "acme", "alpha").expect("signed");
    let retired = package.releases[0].retired.as_ref().expect("retired");
    assert_eq!(
        (retired.reason, retired.message.as_deref()),
        (RetirementReason::Security, message)
    );
}
