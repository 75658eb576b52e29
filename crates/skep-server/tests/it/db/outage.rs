//! A PostgreSQL server that goes away and comes back.

use std::time::Duration;

use skep_server::db::{Db, DbError, OpenMode};
use tokio::time::timeout;

use crate::support::line::Line;
use crate::support::{Setup, postgres};

#[tokio::test]
async fn a_server_that_goes_away_is_an_outage_and_comes_back() {
    if Setup::Large.is_for_another_run("it is about PostgreSQL") {
        return;
    }
    let url = postgres::new_database();
    let server = url.split(['@', '/']).nth(3).unwrap().to_owned();
    let mut line = Line::to(&server).await;
    let db = Db::open(&url.replace(&server, &line.address), OpenMode::Create)
        .await
        .unwrap();
    let mut waker = db.waker();
    waker.wait().await;

    line.cut().await;
    for error in [
        db.read().await.map(|_| ()).unwrap_err(),
        db.begin().await.map(|_| ()).unwrap_err(),
    ] {
        assert!(
            matches!(error, DbError::Unavailable(_)) && error.is_outage(),
            "{error}"
        );
    }
    // Whoever follows the feed goes on asking, and is neither stuck nor in a hurry.
    timeout(Duration::from_secs(3), waker.wait()).await.unwrap();
    let begin = tokio::time::Instant::now();
    for _ in 0..3 {
        timeout(Duration::from_secs(3), waker.wait()).await.unwrap();
    }
    assert!(
        begin.elapsed() > Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );

    line.mend().await;
    db.feed_since(0).await.unwrap();
    timeout(Duration::from_secs(3), waker.wait()).await.unwrap();
}
