//! Who fetched what, from the request to the report.

mod daily;
mod delivery;

use std::time::Duration;

use skep_server::db::usage::{Asked, UsageRow};
use skep_server::licensing::licenses;
use skep_server::usage::report::report;

use crate::support::{MIX, REBAR3, Sale, Sold, TODAY, TestApp};

const TARBALL: &str = "/repo/tarballs/alpha-1.0.0.tar";

fn everything() -> Asked {
    Asked {
        by_customer: true,
        by_license: true,
        by_key: true,
        by_package: true,
        by_version: true,
        by_file: true,
        by_status: true,
        by_delivery: true,
        by_address: true,
        by_client: true,
        by_client_version: true,
        limit: 1000,
        ..Asked::default()
    }
}

async fn with_license() -> (TestApp, Sold) {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    (app, sold)
}

async fn rows(app: &TestApp, asked: &Asked) -> Vec<UsageRow> {
    report(&app.node.app, asked)
        .await
        .expect("the database answers")
        .rows
}

async fn total(app: &TestApp) -> u64 {
    rows(
        app,
        &Asked {
            limit: 1,
            ..Asked::default()
        },
    )
    .await
    .first()
    .map_or(0, |row| row.requests)
}

#[tokio::test]
async fn a_download_is_reported_with_everything_known_of_it() {
    let (app, sold) = with_license().await;
    for _ in 0..3 {
        app.get(TARBALL).key(&sold.key).agent(MIX).send().await;
    }
    app.node.usage.flush().await;
    let rows = rows(&app, &everything()).await;
    let expected = UsageRow {
        day: None,
        customer: Some(sold.email),
        license: Some(sold.license),
        key: Some(sold.key_id),
        repository: Some("acme".to_owned()),
        package: Some("alpha".to_owned()),
        version: Some("1.0.0".to_owned()),
        file: Some("tarball".to_owned()),
        status: Some(200),
        delivery: Some("direct".to_owned()),
        address: None,
        client: Some("mix".to_owned()),
        client_version: Some("2.5.2".to_owned()),
        elixir_version: Some("1.18.0".to_owned()),
        otp_version: Some("27".to_owned()),
        ci: Some(true),
        requests: 3,
        first_at: TODAY,
        last_at: TODAY,
    };
    assert_eq!(rows, [expected]);
}

#[tokio::test]
async fn refusals_are_counted_by_their_meaning() {
    let (app, sold) = with_license().await;
    app.get("/repo/packages/beta")
        .key(&sold.key)
        .agent(MIX)
        .send()
        .await;
    app.get("/repo/packages/alpha")
        .key("unknown")
        .agent(REBAR3)
        .send()
        .await;
    app.node.usage.flush().await;
    let mut seen: Vec<_> = rows(&app, &everything())
        .await
        .into_iter()
        .map(|row| {
            (
                row.status.unwrap(),
                row.license.is_some(),
                row.package,
                row.client.unwrap(),
            )
        })
        .collect();
    seen.sort();
    // mix got a 402, and it means 403; a name that a stranger asked for is not remembered.
    let expected = [
        (401, false, None, "rebar3".to_owned()),
        (403, true, Some("beta".to_owned()), "mix".to_owned()),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn usage_is_added_up_by_what_is_asked_for() {
    let (app, sold) = with_license().await;
    let other = app.sell(Sale::of("alpha")).await;
    app.get(TARBALL).key(&sold.key).send().await;
    app.get(TARBALL).key(&other.key).send().await;
    app.clock.advance(86_400);
    app.get(TARBALL).key(&other.key).send().await;
    app.node.usage.flush().await;
    let by_customer = rows(
        &app,
        &Asked {
            by_customer: true,
            limit: 10,
            ..Asked::default()
        },
    )
    .await;
    let seen: Vec<_> = by_customer
        .iter()
        .map(|row| (row.customer.as_deref().unwrap(), row.requests))
        .collect();
    assert_eq!(seen, [(other.email.as_str(), 2), (sold.email.as_str(), 1)]);
    let by_day = rows(
        &app,
        &Asked {
            by_day: true,
            limit: 10,
            ..Asked::default()
        },
    )
    .await;
    let days: Vec<_> = by_day
        .iter()
        .map(|row| (row.day.unwrap().date(), row.requests))
        .collect();
    assert_eq!(
        days,
        [("2026-11-23".to_owned(), 1), ("2026-11-22".to_owned(), 2)]
    );
    let since = Asked {
        since: Some(TODAY.plus_seconds(60)),
        limit: 10,
        ..Asked::default()
    };
    assert_eq!(rows(&app, &since).await[0].requests, 1);
    let of_one = Asked {
        customer: Some(sold.email),
        license: Some(sold.license),
        limit: 10,
        ..Asked::default()
    };
    assert_eq!(rows(&app, &of_one).await[0].requests, 1);
    let of_nothing = Asked {
        package: Some("beta".to_owned()),
        limit: 10,
        ..Asked::default()
    };
    assert!(rows(&app, &of_nothing).await.is_empty());
}

#[tokio::test]
async fn stopping_flushes_what_was_counted() {
    let (mut app, sold) = with_license().await;
    app.get(TARBALL).key(&sold.key).send().await;
    app.stop().await;
    assert_eq!(total(&app).await, 1);
}

#[tokio::test]
async fn nobody_has_to_flush_by_hand() {
    let (app, sold) = with_license().await;
    app.get(TARBALL).key(&sold.key).send().await;
    for _ in 0..150 {
        if total(&app).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not in the report within 15 seconds");
}

#[tokio::test]
async fn a_database_that_is_away_loses_nothing_and_nothing_counts_twice() {
    let (app, sold) = with_license().await;
    app.settle().await;
    app.node.app.db.close().await;
    app.get(TARBALL).key(&sold.key).send().await;
    app.node.usage.flush().await;
    app.get(TARBALL).key(&sold.key).send().await;
    app.node.usage.flush().await;
    let spool = app.dir().join("spool");
    let spooled = || fs_err::read_dir(&spool).unwrap().count();
    assert_eq!(spooled(), 2);
    // A crash between the commit and the removal of a file leaves it to be read again.
    let copies: Vec<_> = fs_err::read_dir(&spool)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let contents: Vec<_> = copies
        .iter()
        .map(|path| fs_err::read(path).unwrap())
        .collect();
    let app = app.restart().await;
    app.node.usage.flush().await;
    assert_eq!(
        (
            total(&app).await,
            fs_err::read_dir(app.dir().join("spool")).unwrap().count()
        ),
        (2, 0)
    );
    for (path, content) in copies.iter().zip(contents) {
        fs_err::write(path, content).unwrap();
    }
    app.node.usage.flush().await;
    assert_eq!(
        (
            total(&app).await,
            fs_err::read_dir(app.dir().join("spool")).unwrap().count()
        ),
        (2, 0)
    );
}

#[tokio::test]
async fn a_spool_that_cannot_be_written_loses_nothing() {
    let (app, sold) = with_license().await;
    let spool = app.dir().join("spool");
    fs_err::remove_dir_all(&spool).unwrap();
    fs_err::write(&spool, b"in the way").unwrap();
    app.get(TARBALL).key(&sold.key).send().await;
    app.node.usage.flush().await;
    assert_eq!(total(&app).await, 0);
    fs_err::remove_file(&spool).unwrap();
    fs_err::create_dir(&spool).unwrap();
    app.get(TARBALL).key(&sold.key).send().await;
    app.node.usage.flush().await;
    assert_eq!(total(&app).await, 2);
}

#[tokio::test]
async fn a_download_is_remembered_with_its_license_and_key() {
    let (app, sold) = with_license().await;
    app.get(TARBALL).key(&sold.key).send().await;
    app.get("/repo/packages/alpha").key(&sold.key).send().await;
    app.node.usage.flush().await;
    let shown = licenses::show(&app.node.app, &sold.license).await.unwrap();
    assert_eq!(shown.keys[0].last_used_at, Some(TODAY));
    assert_eq!(shown.downloads.len(), 1);
    assert_eq!(
        (
            shown.downloads[0].release.to_string(),
            shown.downloads[0].requests
        ),
        ("alpha 1.0.0".to_owned(), 1)
    );
}
