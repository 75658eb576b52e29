//! Who gets what: the same gate as for a managed repository.

use skep_server::accounts::role::Role;
use skep_server::db::audit::Actor;
use skep_server::licensing::licenses;

use crate::support::static_site::{Site, on_each_place};
use crate::support::{CURL, MIX, Sale, TODAY, TestApp};

async fn shop(mut site: Site) -> (Site, TestApp) {
    for (name, version) in [("alpha", "1.0.0"), ("alpha", "1.1.0"), ("beta", "1.0.0")] {
        site.add(name, version);
    }
    site.write().await;
    let app = site.serve(&[]).await;
    (site, app)
}

#[tokio::test]
async fn a_license_opens_its_products_and_nothing_else() {
    on_each_place(async |site: Site| {
        let (_site, app) = shop(site).await;
        let key = app.sell(Sale::of("alpha")).await.key;
        let check = async |path: &str, agent: &str, status: u16, text: &str| {
            let answer = app.get(path).key(&key).agent(agent).send().await;
            assert_eq!(answer.status, status, "{path}");
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(body.contains(text), "{path}: {body}");
        };
        check("/repo/packages/alpha", MIX, 200, "").await;
        check("/repo/tarballs/alpha-1.1.0.tar", MIX, 200, "").await;
        let text = "Package beta not allowed: your license covers alpha.";
        check("/repo/packages/beta", CURL, 403, text).await;
        // mix shows the text of a 402 only.
        check("/repo/packages/beta", MIX, 402, text).await;
        check("/repo/tarballs/beta-1.0.0.tar", MIX, 403, text).await;
        check(
            "/repo/tarballs/alpha-9.0.0.tar",
            CURL,
            404,
            "has no release 9.0.0",
        )
        .await;
        check("/repo/packages/gamma", CURL, 403, "gamma not allowed").await;
        check("/repo/policies/x", CURL, 404, "no policy").await;
    })
    .await;
}

#[tokio::test]
async fn without_a_good_key_there_is_nothing_but_the_public_key() {
    let (_site, app) = shop(Site::in_folder()).await;
    let paths = [
        "names",
        "versions",
        "packages/alpha",
        "tarballs/alpha-1.0.0.tar",
    ];
    for path in paths {
        let path = format!("/repo/{path}");
        let nobody = app.get(&path).send().await;
        assert_eq!(nobody.status, 401, "{path}");
        assert!(nobody.text().contains("A license key is needed"));
        let unknown = app.get(&path).key("skl_unknown").send().await;
        assert_eq!(unknown.status, 401, "{path}");
    }
    assert_eq!(app.get("/repo/public_key").send().await.status, 200);
    let unknown = app.get("/repo/public_key").key("nonsense").send().await;
    assert_eq!(unknown.status, 401);
}

#[tokio::test]
async fn a_license_that_is_over_opens_nothing() {
    let (_site, app) = shop(Site::in_folder()).await;
    let sale = Sale::of("*").access_until(TODAY.plus_days(10));
    let sold = app.sell(sale).await;
    let ask = async || {
        let ask = app.get("/repo/packages/alpha").key(&sold.key).agent(MIX);
        ask.send().await
    };
    let soon = ask().await;
    assert_eq!(soon.status, 200);
    assert!(soon.header("x-hex-message").contains("ends on 2026-12-02"));
    app.clock.advance(20 * 86_400);
    let over = ask().await;
    assert_eq!(over.status, 402);
    assert!(
        over.text().contains("ended on 2026-12-02"),
        "{}",
        over.text()
    );
    let other = app.sell(Sale::of("*")).await;
    licenses::revoke(&app.node.app, &other.license, &Actor::Cli)
        .await
        .unwrap();
    app.settle().await;
    let revoked = app.get("/repo/names").key(&other.key).send().await;
    assert_eq!(revoked.status, 402);
}

#[tokio::test]
async fn the_list_of_packages_is_for_those_who_have_all_of_them() {
    let (site, app) = shop(Site::in_folder()).await;
    let some = app.sell(Sale::of("alpha")).await.key;
    let all = app.sell(Sale::of("*")).await.key;
    for file in ["names", "versions"] {
        let path = format!("/repo/{file}");
        let refused = app.get(&path).key(&some).send().await;
        assert_eq!(refused.status, 403);
        assert_eq!(
            refused.text(),
            "The repository acme has one list of packages for everybody, and your license does not cover all of them. \
             The packages it covers are served by their names.\n"
        );
        let whole = app.get(&path).key(&all).send().await;
        assert_eq!((whole.status, whole.body), (200, site.read(file).await));
    }
}

#[tokio::test]
async fn the_seller_s_own_people_see_all_of_it() {
    let (site, app) = shop(Site::in_folder()).await;
    app.user("ada", Role::Viewer).await;
    let key = app.api_key("ada", "repositories").await;
    let names = app.get("/repo/names").key(&key).send().await;
    assert_eq!((names.status, names.body), (200, site.read("names").await));
    let tarball = app.get("/repo/tarballs/beta-1.0.0.tar").key(&key);
    assert_eq!(tarball.send().await.status, 200);
}
