//! Nodes that run while their database is emptied and restored.

use std::time::Duration;

use skep_server::db::audit::Actor;
use skep_server::licensing::keys;
use tokio::time::Instant;

use super::{back_up, on_postgres, restore_to};
use crate::support::{Sale, Setup, TestApp, postgres};

const PATH: &str = "/repo/tarballs/alpha-1.0.0.tar";

async fn status(app: &TestApp, key: &str) -> u16 {
    app.get(PATH).key(key).send().await.status
}

#[tokio::test]
async fn a_node_follows_a_restore_within_a_second_and_serves_all_the_time() {
    let app = TestApp::on(Setup::Large, &[]).await;
    app.publish("alpha", "1.0.0").await;
    let old = app.sell(Sale::of("alpha")).await;
    let revoked = app.sell(Sale::of("alpha")).await;
    app.settle().await;
    let (file, _) = back_up(&app, "backup.tar").await;
    let new = app.sell(Sale::of("alpha")).await;
    keys::revoke(&app.node.app, revoked.key_id.parse().unwrap(), &Actor::Cli)
        .await
        .unwrap();
    app.settle().await;
    let states = async |app: &TestApp| {
        [
            status(app, &old.key).await,
            status(app, &revoked.key).await,
            status(app, &new.key).await,
        ]
    };
    assert_eq!(states(&app).await, [200, 401, 200]);

    let url = app.node.app.config.database.reveal().to_owned();
    on_postgres(&url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    // Without a table there is nothing to follow: what is known is served.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(states(&app).await, [200, 401, 200]);

    // The files are still there, and are of this backup.
    let restored = restore_to(&app.node.app.config, &file).await;
    assert!(restored.missing.is_empty());
    let begin = Instant::now();
    while states(&app).await != [200, 200, 401] {
        assert!(
            begin.elapsed() < Duration::from_secs(3),
            "{:?}",
            states(&app).await
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        begin.elapsed() < Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );
    // What was counted for a license that is no more does not hold up the rest.
    app.node.usage.flush().await;
    let waiting = app.node.usage.waiting().await.unwrap();
    assert_eq!(waiting.files, 0, "{waiting:?}");
    // And goes on from there.
    app.publish("alpha", "1.1.0").await;
    let third = app.sell(Sale::of("alpha")).await;
    app.settle().await;
    assert_eq!(status(&app, &third.key).await, 200);
    let path = "/repo/tarballs/alpha-1.1.0.tar";
    assert_eq!(app.get(path).key(&old.key).send().await.status, 200);
}

/// What a killed restore leaves: a connection that is gone in the middle of its transaction.
#[tokio::test]
async fn a_restore_that_dies_leaves_an_empty_database_that_nobody_serves() {
    use skep_server::db::transfer::{KNOWN_SCHEMA, Target, tables};
    use skep_server::db::{Db, OpenError, OpenMode};

    let dir = tempfile::tempdir().unwrap();
    let sqlite = crate::support::each_db::sqlite_url(&dir);
    for url in [sqlite, postgres::new_database()] {
        let mut target = Target::open(&url, KNOWN_SCHEMA).await.unwrap();
        let settings = tables().into_iter().next().unwrap();
        let text = |text: &str| skep_server::db::transfer::Value::Text(text.to_owned());
        target
            .insert(&settings, &[vec![text("a"), text("b")]])
            .await
            .unwrap();
        drop(target);
        let error = Db::open(&url, OpenMode::Existing).await.unwrap_err();
        assert!(matches!(error, OpenError::Empty(_)), "{error}");
        assert!(error.to_string().contains("skep restore"), "{error}");
        // Beginning again needs no clearing up.
        let target = Target::open(&url, KNOWN_SCHEMA).await.unwrap();
        target.commit("again").await.unwrap();
        Db::open(&url, OpenMode::Existing).await.unwrap();
    }
}
