//! The database is away: what is known is served, what is counted arrives, and the rest says so.

use std::time::Duration;

use serde_json::json;
use skep_server::accounts::role::Role;
use skep_server::db::usage::Asked;
use skep_server::licensing::key::LicenseKey;
use skep_server::usage::report::report;
use tokio::time::{Instant, sleep};

use super::load::Load;
use crate::support::line::Line;
use crate::support::{Answer, MIX, Sale, Setup, Sold, TestApp, app_over_line, tarball};

/// What the issue asks for.
const OUTAGE: Duration = Duration::from_secs(30);
/// Whoever waits for a connection to the database waits for 5 seconds.
const WITHOUT_WAITING: Duration = Duration::from_secs(4);

async fn shop() -> (TestApp, Line, Vec<Sold>, String) {
    let (app, line) = app_over_line().await;
    let (customers, key) = stock(&app).await;
    (app, line, customers, key)
}

/// Something to fetch, customers who do, and an owner with a key for everything.
async fn stock(app: &TestApp) -> (Vec<Sold>, String) {
    app.publish("alpha", "1.0.0").await;
    let mut customers = Vec::new();
    for _ in 0..4 {
        customers.push(app.sell(Sale::of("alpha")).await);
    }
    app.user("ada", Role::Owner).await;
    let key = app.api_key("ada", "api licenses:write usage:read").await;
    app.settle().await;
    (customers, key)
}

async fn requests_counted(app: &TestApp) -> u64 {
    let asked = Asked {
        limit: 1,
        ..Asked::default()
    };
    let report = report(&app.node.app, &asked).await;
    let rows = report.expect("the database answers").rows;
    rows.first().map_or(0, |row| row.requests)
}

/// Waits until `/readyz` says so; it never says that this node should get no requests.
async fn becomes(app: &TestApp, readiness: &str) {
    for _ in 0..600 {
        let answer = app.get("/readyz").send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        if answer.text() == readiness {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("not `{readiness}` within a minute");
}

/// A key that may have been issued a moment ago: nobody can tell now.
async fn a_stranger_is_refused_soon(app: &TestApp) {
    let key = LicenseKey::generate(&app.node.app.clock);
    let begun = Instant::now();
    let request = app.get("/repo/packages/alpha").key(key.reveal());
    assert_eq!(request.send().await.status, 401);
    assert!(begun.elapsed() < WITHOUT_WAITING, "{:?}", begun.elapsed());
}

/// Reading, selling and publishing over HTTP.
async fn the_rest_says_so(app: &TestApp, key: &str) {
    let order = json!({"customer": "jo@example.com", "products": ["pro"], "plan": "lifetime"});
    let put = app.ask(
        reqwest::Method::PUT,
        "/api/manage/licenses/by-external-id/o-1",
    );
    let publish = app.ask(reqwest::Method::POST, "/api/packages/alpha/releases");
    let publish = publish.header("content-type", "application/octet-stream");
    let publish = publish.body(tarball("alpha", "1.1.0", "new"));
    let begun = Instant::now();
    let (list, put, publish) = tokio::join!(
        app.get("/api/manage/customers").key(key).send(),
        put.key(key).json(&order).send(),
        publish.key(key).agent(MIX).send(),
    );
    for answer in [list, put, publish] {
        is_away(&answer);
    }
    let longest = Duration::from_secs(20);
    assert!(begun.elapsed() < longest, "{:?}", begun.elapsed());
}

fn is_away(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.header("retry-after"), "", "mix would ask for ever");
    let message = answer.json()["message"].to_string();
    assert!(message.contains("database"), "{message}");
}

#[tokio::test]
async fn thirty_seconds_without_it_cost_no_answer_and_no_count() {
    if Setup::Large.is_for_another_run("it is about PostgreSQL") {
        return;
    }
    let (app, mut line, customers, key) = shop().await;
    app.user_with_password("kim", Role::Owner).await;
    let mut kim = app.visitor();
    kim.log_in("kim").await.leads_to();
    let before = requests_counted(&app).await;
    let load = Load::of(&app, &customers);
    sleep(Duration::from_secs(1)).await;
    line.cut().await;
    let begun = Instant::now();
    becomes(&app, "degraded: database\n").await;
    a_stranger_is_refused_soon(&app).await;
    the_rest_says_so(&app, &key).await;
    let page = kim.get("/account").await;
    page.says(503, "The database is away");
    sleep(OUTAGE.saturating_sub(begun.elapsed())).await;

    line.mend().await;
    let new = app.sell(Sale::of("alpha")).await;
    let issued = Instant::now();
    assert_eq!(app.sees(&new.key, "alpha").await.unwrap(), ["1.0.0"]);
    assert!(issued.elapsed() < Duration::from_secs(1), "{issued:?}");
    becomes(&app, "ready\n").await;
    let mut seen = load.end().await;
    let (slowest, most) = (seen.within(100), seen.within(99));
    assert!(slowest < WITHOUT_WAITING, "{slowest:?}, {most:?}");
    assert_eq!(seen.answers.keys().collect::<Vec<_>>(), [&200], "{seen:?}");
    assert!(seen.count() > 500, "this was no load: {}", seen.count());
    // The stranger and the new customer asked once each.
    counted_exactly(&app, before + seen.count() + 2).await;
}

async fn counted_exactly(app: &TestApp, expected: u64) {
    for _ in 0..100 {
        app.node.usage.flush().await;
        if requests_counted(app).await >= expected {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(requests_counted(app).await, expected);
}

/// A machine that is gone from the network ends no connection: whoever is connected hears nothing.
#[tokio::test]
async fn a_database_that_says_nothing_any_more_is_away_as_well() {
    if Setup::Large.is_for_another_run("it is about PostgreSQL") {
        return;
    }
    let (app, mut line, customers, key) = shop().await;
    let before = requests_counted(&app).await;
    let load = Load::of(&app, &customers);
    line.silence();
    becomes(&app, "degraded: database\n").await;
    a_stranger_is_refused_soon(&app).await;
    the_rest_says_so(&app, &key).await;
    line.mend().await;
    becomes(&app, "ready\n").await;
    let mut seen = load.end().await;
    let slowest = seen.within(100);
    assert!(slowest < WITHOUT_WAITING, "{slowest:?}");
    assert_eq!(seen.answers.keys().collect::<Vec<_>>(), [&200], "{seen:?}");
    counted_exactly(&app, before + seen.count() + 1).await;
}

/// What another program can do to SQLite: nobody writes until it is through.
#[tokio::test]
async fn a_locked_sqlite_costs_no_answer_and_no_count_either() {
    if Setup::Small.is_for_another_run("it is about SQLite") {
        return;
    }
    let app = TestApp::on(Setup::Small, &[]).await;
    let (customers, key) = stock(&app).await;
    let before = requests_counted(&app).await;
    let other = app.other_process().await;
    let load = Load::of(&app, &customers);
    let lock = other.db.begin().await.expect("nobody else writes");
    let customer = json!({"email": "jo@example.com", "name": "Jo"});
    let create = || app.ask(reqwest::Method::POST, "/api/manage/customers");
    is_away(&create().key(&key).json(&customer).send().await);
    becomes(&app, "ready\n").await;
    drop(lock);
    let created = create().key(&key).json(&customer).send().await;
    assert_eq!(created.status, 201, "{}", created.text());
    let mut seen = load.end().await;
    let slowest = seen.within(100);
    assert!(slowest < WITHOUT_WAITING, "{slowest:?}");
    assert_eq!(seen.answers.keys().collect::<Vec<_>>(), [&200], "{seen:?}");
    counted_exactly(&app, before + seen.count()).await;
}
