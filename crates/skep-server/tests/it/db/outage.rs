//! A PostgreSQL server that goes away and comes back.

use std::time::Duration;

use skep_server::db::{Db, DbError, OpenMode};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::{port, postgres};

/// Passes connections on to the server until it is aborted, which cuts them.
async fn proxy(address: &str, to: String) -> JoinHandle<()> {
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut client, _)) = listener.accept().await {
            let to = to.clone();
            connections.spawn(async move {
                let mut server = TcpStream::connect(to).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    })
}

#[tokio::test]
async fn a_server_that_goes_away_is_an_outage_and_comes_back() {
    let url = postgres::new_database();
    let server = url.split(['@', '/']).nth(3).unwrap().to_owned();
    let free = format!("127.0.0.1:{}", port::free_port());
    let running = proxy(&free, server.clone()).await;
    let db = Db::open(&url.replace(&server, &free), OpenMode::Create)
        .await
        .unwrap();
    let mut waker = db.waker();
    waker.wait().await;

    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
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

    let _running = proxy(&free, server).await;
    db.feed_since(0).await.unwrap();
    timeout(Duration::from_secs(3), waker.wait()).await.unwrap();
}
