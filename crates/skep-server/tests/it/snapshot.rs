//! The snapshot follows the database, and does without it.

use skep_server::catalog::delete;
use skep_server::catalog::retire::Target;
use skep_server::db::audit::Actor;
use skep_server::licensing::key::LicenseKey;
use skep_server::licensing::licenses;
use skep_server::snapshot::Health;

use crate::support::{Sale, TODAY, TestApp};

#[tokio::test]
async fn with_the_database_away_everything_known_is_served() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let sold = app
        .sell(Sale::of("alpha").access_until(TODAY.plus_days(1)))
        .await;
    assert_eq!(app.sees(&sold.key, "alpha").await.unwrap(), ["1.0.0"]);
    app.node.app.db.close().await;
    let new = LicenseKey::generate(&app.node.app.clock);
    assert_eq!(app.sees(new.reveal(), "alpha").await, Err(401));
    assert_eq!(app.node.snapshot.health(), Health::DatabaseAway);
    assert_eq!(
        app.get("/readyz").send().await.text(),
        "degraded: database\n"
    );
    assert_eq!(app.sees(&sold.key, "alpha").await.unwrap(), ["1.0.0"]);
    assert_eq!(
        app.get("/repo/tarballs/alpha-1.0.0.tar")
            .key(&sold.key)
            .send()
            .await
            .status,
        200
    );
    app.clock.advance(2 * 86_400);
    assert_eq!(
        app.sees(&sold.key, "alpha").await,
        Err(402),
        "the clock goes on"
    );
}

#[tokio::test]
async fn a_write_is_waited_for_by_its_revision() {
    let app = TestApp::new().await;
    let before = app.node.snapshot.load().revision();
    let sold = app.sell(Sale::of("alpha")).await;
    licenses::suspend(&app.node.app, &sold.license, &Actor::Cli)
        .await
        .unwrap();
    app.node.snapshot.wait_for(before + 1).await;
    assert!(app.node.snapshot.load().revision() > before);
}

#[tokio::test]
async fn what_is_gone_is_gone() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    app.publish("alpha", "1.1.0").await;
    let key = app.sell(Sale::of("*")).await.key;
    assert_eq!(app.sees(&key, "alpha").await.unwrap().len(), 2);
    forget(&app, "1.1.0").await;
    assert_eq!(app.sees(&key, "alpha").await.unwrap(), ["1.0.0"]);
    assert_eq!(
        app.get("/repo/tarballs/alpha-1.1.0.tar")
            .key(&key)
            .send()
            .await
            .status,
        404
    );
    forget(&app, "1.0.0").await;
    assert_eq!(app.sees(&key, "alpha").await, Err(404));
    assert_eq!(app.node.snapshot.load().count_releases(), 0);
    app.publish("alpha", "3.0.0").await;
    assert_eq!(app.sees(&key, "alpha").await.unwrap(), ["3.0.0"]);
}

async fn forget(app: &TestApp, version: &str) {
    let target = Target {
        package: "alpha".parse().expect("a package"),
        version: version.parse().expect("a version"),
        repository: None,
        actor: Actor::Cli,
    };
    delete::delete(&app.node.app, &target, true)
        .await
        .expect("it is there");
    app.settle().await;
}

#[tokio::test]
async fn many_refreshes_at_once_share_reads() {
    let app = TestApp::new().await;
    app.sell(Sale::of("alpha")).await;
    let refreshes = (0..1_000).map(|_| app.node.snapshot.refresh());
    for result in futures_util::future::join_all(refreshes).await {
        result.unwrap();
    }
    assert_eq!(app.node.snapshot.load().count_keys(), 1);
}
