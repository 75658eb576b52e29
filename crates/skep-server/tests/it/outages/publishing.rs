//! Publishing while the object store is away: refused in words, and nothing is written down.

use std::time::Duration;

use reqwest::Method;
use skep_server::accounts::role::Role;
use tokio::time::Instant;

use crate::support::strict_s3::Mood;
use crate::support::{Answer, MIX, Sale, Setup, TestApp, app_on_bucket, tarball};

async fn publish(app: &TestApp, key: &str) -> Answer {
    let ask = app.ask(Method::POST, "/api/packages/alpha/releases");
    let ask = ask.header("content-type", "application/octet-stream");
    let body = tarball("alpha", "1.1.0", "new");
    ask.key(key).agent(MIX).body(body).send().await
}

/// Refused within `longest`; no release, no audit entry, and the next time it works.
async fn refused_and_forgotten(mood: Mood, longest: Duration) {
    let (app, s3) = app_on_bucket(&[]).await;
    app.publish("alpha", "1.0.0").await;
    let license = app.sell(Sale::of("alpha")).await.key;
    let rosa = app.member("rosa", Role::Owner).await;
    let audit = app.audit().await.len();
    s3.become_(mood);
    let begun = Instant::now();
    let answer = publish(&app, &rosa).await;
    assert!(begun.elapsed() < longest, "{:?}", begun.elapsed());
    assert_eq!((answer.status, answer.header("retry-after")), (503, ""));
    let message = answer.json()["message"].to_string();
    assert!(
        message.contains("files cannot be stored here just now"),
        "{message}"
    );
    assert!(
        !message.contains("127.0.0.1"),
        "nobody's business: {message}"
    );

    let shown = app.get("/api/packages/alpha/releases/1.1.0").key(&rosa);
    assert_eq!(shown.agent(MIX).send().await.status, 404);
    assert_eq!(app.sees(&license, "alpha").await.unwrap(), ["1.0.0"]);
    assert_eq!(app.audit().await.len(), audit);
    s3.become_(Mood::Strict);
    assert_eq!(publish(&app, &rosa).await.status, 201);
    assert_eq!(app.sees(&license, "alpha").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_busy_store_records_nothing() {
    refused_and_forgotten(Mood::Busy, Duration::from_secs(45)).await;
}

#[tokio::test]
async fn a_silent_store_records_nothing_and_keeps_nobody_for_ever() {
    if Setup::Large.is_for_another_run("it takes half a minute, and the database is no part of it")
    {
        return;
    }
    refused_and_forgotten(Mood::Silent, Duration::from_secs(45)).await;
}
