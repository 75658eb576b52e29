//! What only this crate can reach: the macro that tries a transaction again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Barrier;

use crate::db::{Db, DbError, OpenMode, settings};

#[path = "../../tests/outside/port.rs"]
mod port;
#[path = "../../tests/outside/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod postgres;

async fn postgres() -> Db {
    at(&postgres::new_database()).await
}

async fn at(url: &str) -> Db {
    let db = Db::open(url, OpenMode::Create).await.unwrap();
    let made: Result<(), DbError> = in_tx!(db, |tx| {
        settings::insert(tx, "one", "").await?;
        settings::insert(tx, "two", "").await?;
        Ok(())
    });
    made.unwrap();
    db
}

#[tokio::test]
async fn two_transactions_in_a_deadlock_both_succeed() {
    let db = postgres().await;
    let (attempts, both_hold_one) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(2)));
    let writers = [("one", "two"), ("two", "one")].map(|(first, second)| {
        let (db, attempts, barrier) = (
            db.clone(),
            Arc::clone(&attempts),
            Arc::clone(&both_hold_one),
        );
        tokio::spawn(async move {
            let mut is_first = true;
            let done: Result<(), DbError> = in_tx!(db, |tx| {
                attempts.fetch_add(1, Ordering::SeqCst);
                settings::upsert(tx, first, "held").await?;
                if is_first {
                    is_first = false;
                    barrier.wait().await;
                }
                settings::upsert(tx, second, "held").await?;
                Ok(())
            });
            done
        })
    });
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert!(
        attempts.load(Ordering::SeqCst) >= 3,
        "there was no deadlock"
    );
}

#[tokio::test]
async fn an_error_of_the_domain_rolls_back_and_is_not_tried_again() {
    let db = postgres().await;
    let mut attempts = 0;
    let done: Result<(), DbError> = in_tx!(db, |tx| {
        attempts += 1;
        settings::upsert(tx, "one", "changed").await?;
        Err(DbError::Other("no".to_owned()))
    });
    assert_eq!(done, Err(DbError::Other("no".to_owned())));
    assert_eq!(attempts, 1);
    let value = settings::find(&mut db.read().await.unwrap(), "one")
        .await
        .unwrap();
    assert_eq!(value, Some(String::new()));
}

/// Two that each read what the other one writes: only one can have come first, and PostgreSQL says so
/// when the second one commits or writes.
#[tokio::test]
async fn two_transactions_that_cannot_have_followed_each_other_both_succeed() {
    let url = postgres::new_database();
    let db = at(&url).await;
    let name = url.rsplit('/').next().unwrap();
    let mut tx = db.begin().await.unwrap();
    let strict =
        format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'");
    execute!(tx, sqlx::AssertSqlSafe(strict)).unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let db = Db::open(&url, OpenMode::Existing).await.unwrap();
    let (attempts, both_have_read) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(2)));
    let writers = [("one", "two"), ("two", "one")].map(|(read, written)| {
        let (db, attempts, barrier) = (
            db.clone(),
            Arc::clone(&attempts),
            Arc::clone(&both_have_read),
        );
        tokio::spawn(async move {
            let mut is_first = true;
            let done: Result<(), DbError> = in_tx!(db, |tx| {
                attempts.fetch_add(1, Ordering::SeqCst);
                let value = settings::find(tx, read).await?.unwrap_or_default();
                if is_first {
                    is_first = false;
                    barrier.wait().await;
                }
                settings::upsert(tx, written, &format!("{value}{read}")).await?;
                Ok(())
            });
            done
        })
    });
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert!(attempts.load(Ordering::SeqCst) >= 3, "they never met");
    let mut conn = db.read().await.unwrap();
    let one = settings::find(&mut conn, "one").await.unwrap().unwrap();
    let two = settings::find(&mut conn, "two").await.unwrap().unwrap();
    // As if one had come after the other, whichever.
    let found = (one.as_str(), two.as_str());
    assert!(
        matches!(found, ("two", "twoone") | ("onetwo", "one")),
        "{found:?}"
    );
}

/// However many write the same rows in another order, all get through.
#[tokio::test]
async fn a_crowd_in_deadlocks_gets_through() {
    let db = postgres().await;
    let writers: Vec<_> = (0..6)
        .map(|number| {
            let db = db.clone();
            tokio::spawn(async move {
                let (first, second) = if number % 2 == 0 {
                    ("one", "two")
                } else {
                    ("two", "one")
                };
                let done: Result<(), DbError> = in_tx!(db, |tx| {
                    settings::upsert(tx, first, "x").await?;
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    settings::upsert(tx, second, "x").await?;
                    Ok(())
                });
                done
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
}
