use std::time::Duration;

use skep_server::db::{self, Change, Db};
use tokio::time::timeout;

use super::sample;
use crate::support::each_db::{TestDb, on_each_db};

async fn change(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    let product = sample::product(
        &format!("p{}", db.feed_since(0).await.unwrap().revision),
        &["alpha"],
    );
    db::products::insert(&mut tx, &product).await.unwrap();
    tx.changed(Change::Product(product.id));
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_change_by_this_or_another_process_wakes_at_once() {
    on_each_db(async |test: TestDb| {
        let other = test.open_again().await;
        let mut waker = test.waker();
        // The first waits connect.
        waker.wait().await;
        waker.wait().await;
        for db in [&test.db, &other] {
            let mut slowest = Duration::ZERO;
            for _ in 0..3 {
                let waiting = async {
                    waker.wait().await;
                    tokio::time::Instant::now()
                };
                let changing = async {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    change(db).await;
                    tokio::time::Instant::now()
                };
                let (woken, changed) = tokio::join!(waiting, changing);
                slowest = slowest.max(woken.saturating_duration_since(changed));
            }
            assert!(slowest < Duration::from_millis(600), "{slowest:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wait_ends_without_any_change() {
    on_each_db(async |test: TestDb| {
        let mut waker = test.waker();
        waker.wait().await;
        timeout(Duration::from_secs(3), waker.wait()).await.unwrap();
    })
    .await;
}
