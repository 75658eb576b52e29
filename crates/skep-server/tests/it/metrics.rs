//! `/metrics`: what is counted, who may see it, and whether Prometheus can read it.

mod exposition;

use self::exposition::Exposition;
use crate::support::{Sale, TestApp};

const TOKEN: &str = "a-token-of-thirty-two-characters";

async fn app() -> TestApp {
    TestApp::with(&[("SKEP_METRICS__TOKEN", TOKEN)]).await
}

async fn scrape(app: &TestApp) -> Exposition {
    let bearer = format!("Bearer {TOKEN}");
    let answer = app
        .get("/metrics")
        .header("authorization", &bearer)
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), kind);
    Exposition::parse(answer.text())
}

#[tokio::test]
async fn only_who_may_sees_them() {
    let closed = TestApp::new().await;
    assert_eq!(closed.get("/metrics").send().await.status, 404);
    let app = app().await;
    let nobody = app.get("/metrics").send().await;
    assert_eq!(
        (nobody.status, nobody.header("www-authenticate")),
        (401, "Bearer")
    );
    for wrong in [
        "Bearer a-token-of-another-sort-altogether",
        TOKEN,
        "Bearer ",
        "Basic x",
    ] {
        let answer = app
            .get("/metrics")
            .header("authorization", wrong)
            .send()
            .await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert!(!answer.text().contains("skep_"), "{}", answer.text());
    }
    assert_eq!(scrape(&app).await.value("skep_ready", ""), Some(1.0));
}

#[tokio::test]
async fn they_can_have_an_address_of_their_own() {
    let port = crate::support::port::free_port();
    let address = format!("127.0.0.1:{port}");
    let app = TestApp::with(&[("SKEP_METRICS__LISTEN", &address)]).await;
    assert_eq!(app.get("/metrics").send().await.status, 404);
    let url = format!("http://{address}");
    let mut seen = None;
    for _ in 0..100 {
        // The address is taken in the background.
        if std::net::TcpStream::connect(&address).is_ok() {
            seen = Some(app.get(&format!("{url}/metrics")).send().await);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let metrics = Exposition::parse(seen.unwrap().text());
    assert_eq!(metrics.value("skep_ready", ""), Some(1.0));
    for path in ["/", "/repo/names", "/healthz"] {
        let answer = app.get(&format!("{url}{path}")).send().await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_kind_and_outcome() {
    let app = app().await;
    app.publish("alpha", "1.0.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    for _ in 0..3 {
        app.get("/repo/tarballs/alpha-1.0.0.tar")
            .key(&sold.key)
            .send()
            .await;
        app.get("/repo/packages/alpha").key(&sold.key).send().await;
    }
    app.get("/repo/packages/alpha").send().await;
    app.get("/repo/names").key(&sold.key).send().await;
    app.get("/repo/public_key").send().await;
    app.get("/api/packages").send().await;
    app.get("/api/manage/licenses").send().await;
    app.get("/login").send().await;
    app.get("/repo/nothing").send().await;
    let metrics = scrape(&app).await;
    let requests = |labels: &str| metrics.value("skep_requests_total", labels);
    assert_eq!(requests(r#"kind="tarball",status="200""#), Some(3.0));
    assert_eq!(requests(r#"kind="package",status="200""#), Some(3.0));
    assert_eq!(requests(r#"kind="package",status="401""#), Some(1.0));
    assert_eq!(requests(r#"kind="names",status="200""#), Some(1.0));
    assert_eq!(requests(r#"kind="public_key",status="200""#), Some(1.0));
    assert_eq!(requests(r#"kind="manage",status="401""#), Some(1.0));
    assert_eq!(requests(r#"kind="pages",status="200""#), Some(1.0));
    assert_eq!(requests(r#"kind="pages",status="404""#), Some(1.0));
    let direct = metrics.value("skep_deliveries_total", r#"kind="tarball",way="direct""#);
    assert_eq!(direct, Some(3.0));
    let took = |kind: &str| metrics.value("skep_request_duration_seconds_count", kind);
    assert_eq!(took(r#"kind="tarball""#), Some(3.0));
    let views = |result: &str| {
        metrics.value(
            "skep_cache_lookups_total",
            &format!("cache=\"views\",result=\"{result}\""),
        )
    };
    assert_eq!((views("hit"), views("miss")), (Some(2.0), Some(2.0)));
}

#[tokio::test]
async fn the_node_says_what_it_holds() {
    let app = app().await;
    app.publish("alpha", "1.0.0").await;
    app.publish("alpha", "1.1.0").await;
    app.sell(Sale::of("alpha")).await;
    app.settle().await;
    let metrics = scrape(&app).await;
    let entries = |of: &str| metrics.value("skep_snapshot_entries", &format!("of=\"{of}\""));
    let held = ["keys", "licenses", "packages", "releases"].map(entries);
    assert_eq!(held, [Some(1.0), Some(1.0), Some(1.0), Some(2.0)]);
    let revision = app.node.snapshot.load().revision();
    assert_eq!(
        metrics.value("skep_snapshot_revision", ""),
        Some(revision as f64)
    );
    assert!(metrics.value("skep_snapshot_age_seconds", "") < Some(30.0));
    assert_eq!(metrics.value("skep_database_up", ""), Some(1.0));
    let jobs = |state: &str| metrics.value("skep_jobs", &format!("state=\"{state}\""));
    assert_eq!(jobs("dead"), Some(0.0));
    let database = match app.node.app.db.is_postgres() {
        true => "postgres",
        false => "sqlite",
    };
    let version = format!(
        "version=\"{}\",database=\"{database}\"",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(metrics.value("skep_build_info", &version), Some(1.0));
    assert!(metrics.value("process_resident_memory_bytes", "") > Some(1e6));
}

#[tokio::test]
async fn an_outage_shows() {
    let app = app().await;
    app.node.app.db.close().await;
    app.node.snapshot.refresh().await.expect_err("it is closed");
    app.get("/repo/names").send().await;
    app.node.usage.write_to_spool().await;
    let metrics = scrape(&app).await;
    assert_eq!(metrics.value("skep_database_up", ""), Some(0.0));
    assert_eq!(metrics.value("skep_database_outages_total", ""), Some(1.0));
    assert!(metrics.value("skep_usage_spool_files", "") >= Some(1.0));
    assert!(metrics.value("skep_usage_spool_bytes", "") > Some(1.0));
}

/// What customers send and who they are is nobody's business who looks at numbers.
#[tokio::test]
async fn nothing_of_customers_is_in_them() {
    let app = app().await;
    app.publish("alpha", "1.0.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    app.get("/repo/tarballs/alpha-1.0.0.tar")
        .key(&sold.key)
        .send()
        .await;
    app.get("/repo/packages/some\"thing\nodd")
        .key("skl_made_up")
        .send()
        .await;
    app.get("/made-up-page")
        .header("x-forwarded-for", "198.51.100.7")
        .send()
        .await;
    let metrics = scrape(&app).await;
    let secrets = [&*sold.key, &*sold.email, &*sold.license, &*sold.key_id];
    let others = [
        TOKEN,
        "skl_",
        "127.0.0.1",
        "198.51",
        "alpha",
        "made_up",
        "made-up",
        "odd",
    ];
    for word in secrets.into_iter().chain(others) {
        assert!(!metrics.text.contains(word), "{word}");
    }
}
