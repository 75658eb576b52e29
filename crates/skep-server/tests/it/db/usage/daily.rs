//! Sums of days: each request in them exactly once, and all of them after its row is gone.

use skep_server::db::Db;
use skep_server::usage::spool::{BatchId, Spool};

use super::*;

const DAY: i64 = 86_400;

/// What days know, for each customer, release, answer, delivery, tool and day.
async fn by_all(test: &TestDb) -> Vec<UsageRow> {
    let asked = Asked {
        by_day: true,
        by_customer: true,
        by_license: true,
        by_package: true,
        by_version: true,
        by_file: true,
        by_status: true,
        by_delivery: true,
        by_client: true,
        by_ci: true,
        ..Asked::default()
    };
    let mut rows = ask(test, asked).await;
    rows.sort_by_key(|row| (row.day, format!("{row:?}")));
    rows
}

async fn total(test: &TestDb) -> u64 {
    let rows = ask(test, Asked::default()).await;
    rows.iter().map(|row| row.requests).sum()
}

/// How many requests single rows know.
async fn in_rows(test: &TestDb) -> u64 {
    let asked = Asked {
        by_key: true,
        ..Asked::default()
    };
    ask(test, asked).await.iter().map(|row| row.requests).sum()
}

async fn rows_go(test: &TestDb, now: Timestamp) {
    prune_usage(test, keep(30, 0), now).await.unwrap();
}

#[tokio::test]
async fn pruning_changes_no_sum() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let stranger = Counted {
            key: None,
            license: None,
            package: None,
            version: None,
            status: 401,
            delivery: None,
            ci: false,
            ..counted(&shop, "", 0)
        };
        let rows = [
            counted(&shop, "1.0.0", 0),
            counted(&shop, "1.0.0", 50),
            counted(&shop, "1.1.0", DAY),
            stranger,
            counted(&shop, "1.1.0", 2 * DAY),
        ];
        store_twice(&test, &rows).await;
        let before = by_all(&test).await;
        assert_eq!(before.len(), 4, "{before:?}");
        assert_eq!(before[0].requests + before[1].requests, 9);
        // The first two days go, then everything.
        for (days, left) in [(32, 3), (60, 0)] {
            rows_go(&test, NOW.plus_days(days)).await;
            assert_eq!(in_rows(&test).await, left);
            assert_eq!(by_all(&test).await, before);
        }
        let of_release = Asked {
            package: Some("alpha".to_owned()),
            license: Some(shop.license.id.to_string()),
            customer: Some("jo@example.com".to_owned()),
            refused: Some(false),
            since: Some(NOW.plus_days(1)),
            by_version: true,
            ..Asked::default()
        };
        let rows = ask(&test, of_release).await;
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.version.as_deref(), row.requests))
            .collect();
        // The day of `since` is in as a whole.
        assert_eq!(seen, [(Some("1.1.0"), 6)]);
    })
    .await;
}

#[tokio::test]
async fn a_report_says_what_it_does_not_know_anymore() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let rows = [
            counted(&shop, "1.0.0", 0),
            counted(&shop, "1.0.0", 40 * DAY),
        ];
        store_twice(&test, &rows).await;
        let full = async |asked| {
            let mut conn = test.read().await.unwrap();
            let asked = Asked { limit: 10, ..asked };
            report(&mut conn, &asked).await.unwrap()
        };
        let by_key = Asked {
            by_key: true,
            ..Asked::default()
        };
        assert_eq!(full(by_key.clone()).await.known_since, None);
        rows_go(&test, NOW.plus_days(40)).await;
        let known = full(by_key.clone()).await;
        let since = known.known_since.expect("rows are gone");
        assert_eq!(since.date(), NOW.plus_days(10).date());
        assert_eq!(known.rows[0].requests, 3);
        let later = Asked {
            since: Some(NOW.plus_days(20)),
            ..by_key
        };
        assert_eq!(full(later).await.known_since, None);
        let part = Asked {
            since: Some(NOW.plus_seconds(-60)),
            until: Some(NOW.plus_seconds(-30)),
            ..Asked::default()
        };
        let part = full(part).await;
        assert_eq!((part.has_whole_days, part.rows[0].requests), (true, 3));
        prune_usage(&test, keep(0, 30), NOW.plus_days(50))
            .await
            .unwrap();
        let all = full(Asked::default()).await;
        assert_eq!(all.rows[0].requests, 3);
        let since = all.known_since.expect("days are gone");
        assert_eq!(since.date(), NOW.plus_days(20).date());
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_last_month_is_counted_once_whenever_it_comes() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        store_twice(&test, &[counted(&shop, "1.0.0", 0)]).await;
        let spool = Spool::open(&test.dir.path().join("other"), &sample::clock()).unwrap();
        let late = [counted(&shop, "1.0.0", 60), counted(&shop, "1.1.0", 60)];
        let id = spool.write(&late).unwrap();
        rows_go(&test, NOW.plus_days(60)).await;
        assert_eq!((total(&test).await, in_rows(&test).await), (3, 0));
        for _ in 0..3 {
            let batch = spool.read(&id).unwrap().unwrap();
            store::insert(&test, &sample::clock(), &id, &batch.rows)
                .await
                .unwrap();
            assert_eq!(total(&test).await, 9);
            rows_go(&test, NOW.plus_days(60)).await;
            assert_eq!((total(&test).await, in_rows(&test).await), (9, 0));
        }
        let day = Asked {
            by_day: true,
            ..Asked::default()
        };
        assert_eq!(ask(&test, day).await.len(), 1);
    })
    .await;
}

/// Stores batches one after the other, as a node does; each is read twice.
async fn deliver(db: &Db, batches: &[(BatchId, Vec<Counted>)]) {
    for (id, rows) in batches {
        for _ in 0..2 {
            store::insert(db, &sample::clock(), id, rows).await.unwrap();
        }
    }
}

#[tokio::test]
async fn nodes_that_add_to_the_same_days_lose_nothing() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let batches = |node: &str| -> Vec<(BatchId, Vec<Counted>)> {
            let spool = Spool::open(&test.dir.path().join(node), &sample::clock()).unwrap();
            let batch = |number: i64| {
                let row =
                    |n: i64| counted(&shop, &format!("1.0.{}", (n * 7 + number) % 40), n * 10);
                let mut rows: Vec<_> = (0..200).map(row).collect();
                if node == "b" {
                    rows.reverse();
                }
                (spool.write(&rows).unwrap(), rows)
            };
            (0..15).map(batch).collect()
        };
        let (a, b) = (batches("a"), batches("b"));
        let (first, second) = (test.open_again().await, test.open_again().await);
        tokio::join!(
            deliver(&first, &a),
            deliver(&second, &b),
            deliver(&test, &a)
        );
        assert_eq!(total(&test).await, 2 * 15 * 200 * 3);
        assert_eq!(in_rows(&test).await, 2 * 15 * 200 * 3);
        rows_go(&test, NOW.plus_days(60)).await;
        assert_eq!(
            (total(&test).await, in_rows(&test).await),
            (2 * 15 * 200 * 3, 0)
        );
        first.close().await;
        second.close().await;
    })
    .await;
}
