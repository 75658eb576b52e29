//! The snapshot follows the database, and does without it.

use std::time::Duration;

use skep_server::app::App;
use skep_server::catalog::delete;
use skep_server::catalog::retire::Target;
use skep_server::db::audit::Actor;
use skep_server::licensing::key::LicenseKey;
use skep_server::licensing::keys;
use skep_server::licensing::licenses::{self, Change, Edit};
use skep_server::licensing::plan::Plan;
use skep_server::snapshot::Health;
use skep_server::usage::{Client, FileKind, Request};

use crate::support::{Sale, Sold, TODAY, TestApp};

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

const LOCKED: &str = "/repo/tarballs/alpha-1.1.0.tar";
const NEWER: &str = "/repo/tarballs/alpha-1.2.0.tar";

async fn with_locked_build() -> (TestApp, Sold) {
    let app = TestApp::new().await;
    for (version, days) in [("1.0.0", -300), ("1.1.0", -2), ("1.2.0", -1)] {
        app.publish_at("alpha", version, TODAY.plus_days(days))
            .await;
    }
    let sold = app.sell(Sale::of("alpha")).await;
    app.settle().await;
    (app, sold)
}

async fn status(app: &TestApp, path: &str, sold: &Sold) -> u16 {
    app.get(path).key(&sold.key).send().await.status
}

/// In another process, as the command does.
async fn narrow(app: &App, sold: &Sold) {
    let narrow = Change {
        plan: Some(Plan::Perpetual),
        updates_until: Edit::Set(TODAY.plus_days(-100)),
        ..Change::of(sold.license.as_str(), Actor::Cli)
    };
    licenses::change(app, &narrow).await.expect("it changes");
}

/// Counts as after a busy moment; the collector brings them in every few seconds only.
fn count_many(app: &TestApp, sold: &Sold) {
    let caller = Some((sold.key_id.parse().unwrap(), sold.license.parse().unwrap()));
    for number in 0..5_000 {
        let version = format!("0.0.{number}");
        let request = Request {
            caller,
            repository: "acme",
            file: FileKind::Docs,
            package: Some("alpha"),
            version: Some(&version),
            status: 200,
            delivery: None,
            address: None,
            client: Client::default(),
        };
        app.node.usage.record(&request, TODAY);
    }
}

#[tokio::test]
async fn what_was_downloaded_a_moment_before_a_narrowing_is_served_without_a_gap() {
    for is_busy in [false, true] {
        let (app, sold) = with_locked_build().await;
        let other = app.other_process().await;
        if is_busy {
            count_many(&app, &sold);
        }
        assert_eq!(status(&app, LOCKED, &sold).await, 200);
        narrow(&other, &sold).await;
        let mut has_followed = false;
        // No tarball in between: it would count as another download.
        for _ in 0..300 {
            let seen = app.sees(&sold.key, "alpha").await.unwrap();
            assert!(seen.contains(&"1.1.0".to_owned()), "{seen:?} {is_busy}");
            has_followed |= seen.len() == 2;
            tokio::time::sleep(Duration::from_millis(if has_followed { 1 } else { 20 })).await;
        }
        assert!(has_followed);
        assert_eq!(status(&app, LOCKED, &sold).await, 200);
        assert_eq!(status(&app, NEWER, &sold).await, 402);
    }
}

#[tokio::test]
async fn a_narrowing_while_the_server_was_down_keeps_what_is_in_its_spool() {
    let (app, sold) = with_locked_build().await;
    let other = app.other_process().await;
    assert_eq!(status(&app, LOCKED, &sold).await, 200);
    // As after a crash: counted, in the spool, not in the database.
    app.node.app.db.close().await;
    app.node.usage.flush().await;
    narrow(&other, &sold).await;
    let app = app.restart().await;
    assert_eq!(
        app.sees(&sold.key, "alpha").await.unwrap(),
        ["1.0.0", "1.1.0"]
    );
}

#[tokio::test]
async fn the_snapshot_follows_though_usage_cannot_be_written() {
    let (app, sold) = with_locked_build().await;
    let other = app.other_process().await;
    assert_eq!(status(&app, LOCKED, &sold).await, 200);
    narrow(&other, &sold).await;
    // Nobody else can write as long as this is open.
    let stuck = other.db.begin().await.unwrap();
    let follow = async {
        while app.sees(&sold.key, "alpha").await.unwrap().len() == 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(4), follow)
        .await
        .expect("it follows");
    drop(stuck);
}

/// A file of the spool that nobody finishes reading until it is dropped: usage does not get past it.
struct Backlog(std::path::PathBuf);

impl Backlog {
    fn of(app: &TestApp) -> Self {
        let path = app.dir().join("spool/0-00000000.rows");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo runs").success());
        Self(path)
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        let mut both_ends = fs_err::OpenOptions::new();
        let both_ends = both_ends.read(true).write(true).open(&self.0);
        fs_err::remove_file(&self.0).expect("it is there");
        drop(both_ends.expect("a pipe"));
    }
}

/// What DESIGN.md promises of every change.
async fn within_a_second(app: &TestApp, sold: &Sold, expected: Result<usize, u16>) {
    let follow = async {
        while app.sees(&sold.key, "alpha").await.map(|seen| seen.len()) != expected {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let followed = tokio::time::timeout(Duration::from_secs(1), follow).await;
    assert!(followed.is_ok(), "{expected:?} not within a second");
}

#[tokio::test]
async fn suspensions_and_revocations_do_not_wait_for_usage() {
    let (app, suspended) = with_locked_build().await;
    let revoked = app.sell(Sale::of("alpha")).await;
    let without_key = app.sell(Sale::of("alpha")).await;
    let ended = app.sell(Sale::of("alpha")).await;
    app.settle().await;
    let other = app.other_process().await;
    let _backlog = Backlog::of(&app);
    assert_eq!(status(&app, LOCKED, &suspended).await, 200);
    licenses::suspend(&other, &suspended.license, &Actor::Cli)
        .await
        .unwrap();
    within_a_second(&app, &suspended, Err(402)).await;
    licenses::revoke(&other, &revoked.license, &Actor::Cli)
        .await
        .unwrap();
    within_a_second(&app, &revoked, Err(402)).await;
    let key = without_key.key_id.parse().unwrap();
    keys::revoke(&other, key, &Actor::Cli).await.unwrap();
    within_a_second(&app, &without_key, Err(401)).await;
    let end = Change {
        plan: Some(Plan::Trial),
        access_until: Edit::Set(TODAY.plus_days(-1)),
        ..Change::of(&ended.license, Actor::Cli)
    };
    licenses::change(&other, &end).await.unwrap();
    within_a_second(&app, &ended, Err(402)).await;
    licenses::resume(&other, &suspended.license, &Actor::Cli)
        .await
        .unwrap();
    within_a_second(&app, &suspended, Ok(3)).await;
}

#[tokio::test]
async fn while_a_narrowing_waits_for_usage_everything_else_applies() {
    let (app, narrowed) = with_locked_build().await;
    let suspended = app.sell(Sale::of("alpha")).await;
    app.settle().await;
    let other = app.other_process().await;
    let backlog = Backlog::of(&app);
    assert_eq!(status(&app, LOCKED, &narrowed).await, 200);
    narrow(&other, &narrowed).await;
    // The node has begun to wait.
    tokio::time::sleep(Duration::from_millis(400)).await;
    licenses::suspend(&other, &suspended.license, &Actor::Cli)
        .await
        .unwrap();
    within_a_second(&app, &suspended, Err(402)).await;
    let new = app.sell_in(&other, Sale::of("alpha")).await;
    within_a_second(&app, &new, Ok(3)).await;
    assert_eq!(app.sees(&narrowed.key, "alpha").await.unwrap().len(), 3);
    // Narrowed and closed at once: what closes it does not wait.
    licenses::suspend(&other, &narrowed.license, &Actor::Cli)
        .await
        .unwrap();
    within_a_second(&app, &narrowed, Err(402)).await;
    drop(backlog);
    licenses::resume(&other, &narrowed.license, &Actor::Cli)
        .await
        .unwrap();
    app.settle().await;
    app.node.usage.flush().await;
    app.settle().await;
    let seen = app.sees(&narrowed.key, "alpha").await.unwrap();
    assert_eq!(seen, ["1.0.0", "1.1.0"]);
}
