//! Nothing is published to a prebuilt repository, and nothing in it is changed.

use skep_server::accounts::role::Role;
use skep_server::catalog::retire::{self, Target};
use skep_server::catalog::{delete, publish};
use skep_server::db::audit::Actor;
use skep_server::licensing::licenses::{self, Change, GrantRequest};

use crate::support::static_site::Site;
use crate::support::{CURL, Sale, TestApp, tarball};

const REASON: &str = "repository `acme` is prebuilt: its registry is built and signed elsewhere, and nothing is changed \
                      here; use `skep registry build` where its key is, and `skep registry sync` to upload it";

async fn shop() -> (Site, TestApp) {
    let mut site = Site::in_folder();
    site.add("alpha", "1.0.0");
    site.write().await;
    let app = site.serve(&[]).await;
    (site, app)
}

#[tokio::test]
async fn commands_are_refused_with_what_to_do() {
    let (_site, app) = shop().await;
    let (request, _) = app.release("alpha", "1.1.0");
    let error = publish::publish(&app.node.app, &request).await.unwrap_err();
    assert_eq!(error.to_string(), REASON);
    let target = Target {
        repository: None,
        package: "alpha".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        actor: Actor::Cli,
    };
    let reason = retire::parse_reason("security").unwrap();
    let error = retire::retire(&app.node.app, &target, reason, None).await;
    assert_eq!(error.unwrap_err().to_string(), REASON);
    let error = delete::delete(&app.node.app, &target, true).await;
    assert_eq!(error.unwrap_err().to_string(), REASON);
}

#[tokio::test]
async fn the_api_refuses_with_422() {
    let (_site, app) = shop().await;
    app.user("ada", Role::Owner).await;
    let key = app.api_key("ada", "api").await;
    let body = tarball("alpha", "1.1.0", "");
    for path in ["/api/packages/alpha/releases", "/api/publish"] {
        let ask = app.ask(reqwest::Method::POST, path).key(&key).agent(CURL);
        let ask = ask.header("content-type", "application/octet-stream");
        let answer = ask.body(body.clone()).send().await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text());
        assert!(answer.text().contains(REASON), "{}", answer.text());
    }
    let path = "/api/packages/alpha/releases/1.0.0";
    let answer = app
        .ask(reqwest::Method::DELETE, path)
        .key(&key)
        .agent(CURL)
        .send()
        .await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let answer = app.get(path).key(&key).agent(CURL).send().await;
    assert_eq!(
        answer.json()["version"],
        "1.0.0",
        "it is shown all the same"
    );
}

#[tokio::test]
async fn what_was_downloaded_stays_when_a_license_is_narrowed() {
    let mut site = Site::in_folder();
    for (name, version) in [("alpha", "1.0.0"), ("alpha", "1.1.0"), ("beta", "1.0.0")] {
        site.add(name, version);
    }
    site.write().await;
    let app = site.serve(&[]).await;
    let sold = app.sell(Sale::of("alpha")).await;
    let status = async |path: &str| {
        let path = format!("/repo/{path}");
        app.get(&path).key(&sold.key).send().await.status
    };
    assert_eq!(status("tarballs/alpha-1.0.0.tar").await, 200);
    app.node.usage.flush().await;
    let other = app.sell(Sale::of("beta")).await;
    drop(other);
    let change = Change {
        add_products: vec!["product-2".parse().unwrap()],
        remove_products: vec!["product-1".parse().unwrap()],
        ..Change::of(sold.license.clone(), Actor::Cli)
    };
    let changed = licenses::change(&app.node.app, &change).await.unwrap();
    assert_eq!(changed.narrowed.releases.len(), 1);
    app.settle().await;
    // Locked builds go on: the index is the same for all, and the release is granted.
    assert_eq!(status("packages/alpha").await, 200);
    assert_eq!(status("tarballs/alpha-1.0.0.tar").await, 200);
    assert_eq!(status("tarballs/alpha-1.1.0.tar").await, 403);
    let grant = |version: &str| GrantRequest {
        license: sold.license.clone(),
        package: "alpha".parse().unwrap(),
        version: version.parse().unwrap(),
        repository: None,
        actor: Actor::Cli,
    };
    licenses::grant(&app.node.app, &grant("1.1.0"))
        .await
        .unwrap();
    licenses::grant(&app.node.app, &grant("9.0.0"))
        .await
        .unwrap_err();
    app.settle().await;
    assert_eq!(status("tarballs/alpha-1.1.0.tar").await, 200);
}
