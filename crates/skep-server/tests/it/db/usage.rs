mod daily;

use skep_server::clock::Timestamp;
use skep_server::db::usage::{Asked, UsageRow, report};
use skep_server::delivery::Way;
use skep_server::jobs::prune_usage::{Keep, prune_usage};
use skep_server::usage::address::Addresses;
use skep_server::usage::spool::Spool;
use skep_server::usage::{Counted, FileKind, store};

use super::sample::{self, NOW, Shop, shop};
use crate::support::each_db::{TestDb, on_each_db};

fn counted(shop: &Shop, version: &str, seconds: i64) -> Counted {
    Counted {
        at: NOW.plus_seconds(seconds),
        key: Some(shop.key.id),
        license: Some(shop.license.id),
        repository: "acme".into(),
        file: FileKind::Tarball,
        package: Some("alpha".into()),
        version: Some(version.into()),
        status: 302,
        delivery: Some(Way::CloudFront),
        address: Addresses::Truncated.of([203, 0, 113, 7].into()),
        client: "mix".into(),
        client_version: Some("2.5.2".into()),
        elixir_version: Some("1.18.0".into()),
        otp_version: None,
        ci: true,
        requests: 3,
    }
}

/// Writes rows to the spool and stores them twice, as after a crash.
async fn store_twice(test: &TestDb, rows: &[Counted]) {
    let spool = Spool::open(&test.dir.path().join("spool"), &sample::clock()).unwrap();
    let id = spool.write(rows).unwrap();
    for _ in 0..2 {
        let batch = spool.read(&id).unwrap().unwrap();
        assert_eq!((batch.rows.as_slice(), batch.damaged), (rows, 0));
        store::insert(test, &sample::clock(), &id, &batch.rows)
            .await
            .unwrap();
    }
}

const fn keep(rows_days: u32, daily_days: u32) -> Keep {
    Keep {
        rows_days,
        daily_days,
    }
}

async fn ask(test: &TestDb, asked: Asked) -> Vec<UsageRow> {
    let asked = Asked {
        limit: 100,
        ..asked
    };
    report(&mut test.read().await.unwrap(), &asked)
        .await
        .unwrap()
        .rows
}

#[tokio::test]
async fn a_batch_is_stored_once_with_all_that_follows_from_it() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let stranger = Counted {
            key: None,
            license: None,
            package: None,
            version: None,
            status: 401,
            ..counted(&shop, "", 0)
        };
        store_twice(
            &test,
            &[
                counted(&shop, "1.0.0", 0),
                counted(&shop, "1.0.0", 50),
                stranger,
            ],
        )
        .await;
        let rows = ask(
            &test,
            Asked {
                by_customer: true,
                by_version: true,
                by_status: true,
                by_client_version: true,
                ..Asked::default()
            },
        )
        .await;
        assert_eq!(rows.len(), 2, "{rows:?}");
        let served = &rows[0];
        assert_eq!(
            (served.customer.as_deref(), served.version.as_deref()),
            (Some("jo@example.com"), Some("1.0.0"))
        );
        assert_eq!(
            (served.status, served.requests, served.ci),
            (Some(302), 6, Some(true))
        );
        assert_eq!(
            (served.first_at, served.last_at),
            (NOW, NOW.plus_seconds(50))
        );
        assert_eq!(
            (
                served.elixir_version.as_deref(),
                served.otp_version.as_deref(),
                served.day
            ),
            (Some("1.18.0"), None, None)
        );
        let mut conn = test.read().await.unwrap();
        let downloads = skep_server::db::downloads::list_by_license(&mut conn, shop.license.id)
            .await
            .unwrap();
        assert_eq!((downloads.len(), downloads[0].requests), (1, 6));
        let key = skep_server::db::keys::find(&mut conn, shop.key.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(key.last_used_at, Some(NOW.plus_seconds(50)));
    })
    .await;
}

#[tokio::test]
async fn a_report_leaves_out_what_was_not_asked_for() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let refused = Counted {
            status: 402,
            ..counted(&shop, "2.0.0", 86_400)
        };
        let other = Counted {
            package: Some("beta".into()),
            file: FileKind::Package,
            ..counted(&shop, "1.0.0", 0)
        };
        store_twice(&test, &[counted(&shop, "1.0.0", 0), refused, other]).await;
        let total = async |asked| {
            ask(&test, asked)
                .await
                .iter()
                .map(|row| row.requests)
                .sum::<u64>()
        };
        assert_eq!(total(Asked::default()).await, 9);
        assert_eq!(
            total(Asked {
                refused: Some(true),
                ..Asked::default()
            })
            .await,
            3
        );
        assert_eq!(
            total(Asked {
                refused: Some(false),
                ..Asked::default()
            })
            .await,
            6
        );
        assert_eq!(
            total(Asked {
                since: Some(NOW.plus_seconds(1)),
                ..Asked::default()
            })
            .await,
            3
        );
        assert_eq!(
            total(Asked {
                until: Some(NOW.plus_seconds(1)),
                ..Asked::default()
            })
            .await,
            6
        );
        assert_eq!(
            total(Asked {
                package: Some("beta".into()),
                ..Asked::default()
            })
            .await,
            3
        );
        assert_eq!(
            total(Asked {
                file: Some("package"),
                ..Asked::default()
            })
            .await,
            3
        );
        assert_eq!(
            total(Asked {
                repository: Some("other".into()),
                ..Asked::default()
            })
            .await,
            0
        );
        assert_eq!(
            total(Asked {
                license: Some(shop.license.id.to_string()),
                ..Asked::default()
            })
            .await,
            9
        );
        assert_eq!(
            total(Asked {
                customer: Some("jo@example.com".into()),
                ..Asked::default()
            })
            .await,
            9
        );
        assert_eq!(
            total(Asked {
                customer: Some("nobody@example.com".into()),
                ..Asked::default()
            })
            .await,
            0
        );
        let days = ask(
            &test,
            Asked {
                by_day: true,
                by_package: true,
                by_file: true,
                by_key: true,
                by_license: true,
                by_client: true,
                ..Asked::default()
            },
        )
        .await;
        let seen: Vec<_> = days
            .iter()
            .map(|row| {
                (
                    row.day.unwrap().date(),
                    row.package.clone().unwrap(),
                    row.requests,
                )
            })
            .collect();
        let (today, tomorrow) = (NOW.date(), NOW.plus_days(1).date());
        assert_eq!(seen[0], (tomorrow, "alpha".to_owned(), 3));
        assert!(
            seen[1..]
                .iter()
                .all(|(day, _, requests)| *day == today && *requests == 3),
            "{seen:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_large_batch_goes_in_and_old_rows_come_out() {
    on_each_db(async |test: TestDb| {
        let shop = shop(&test).await;
        let rows: Vec<_> = (0..6_000)
            .map(|number| counted(&shop, &format!("1.0.{}", number % 50), number * 10))
            .collect();
        store_twice(&test, &rows).await;
        assert_eq!(ask(&test, Asked::default()).await[0].requests, 18_000);
        let prune = async |now| prune_usage(&test, keep(30, 0), now).await.unwrap();
        let day = NOW.plus_days(30);
        // Rows go when all of their day is too old; this one ends after 35,200 seconds.
        assert_eq!(prune(day.plus_seconds(35_199)).await, 0);
        assert_eq!(prune(day.plus_seconds(35_200)).await, 3_520);
        assert_eq!(prune(day.plus_days(2)).await, 2_480);
        assert_eq!(ask(&test, Asked::default()).await[0].requests, 18_000);
        let daily = async |now| prune_usage(&test, keep(0, 30), now).await.unwrap();
        assert_eq!(daily(day.plus_seconds(35_199)).await, 0);
        assert_eq!(daily(day.plus_days(2)).await, 100);
        assert!(ask(&test, Asked::default()).await.is_empty());
    })
    .await;
}
