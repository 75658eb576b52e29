//! A PostgreSQL server that does not let us in, and one that throws us out.

use std::time::Duration;

use skep_server::clock::Clock;
use skep_server::config::Config;
use skep_server::db::audit::Actor;
use skep_server::db::{Db, DbError, OpenError, OpenMode, PoolSettings};
use skep_server::doctor::{Examination, Status, examine};
use skep_server::licensing::keys;
use tokio::time::Instant;

use super::raw;
use crate::support::{Sale, Setup, TestApp, port, postgres};

async fn refusal(url: &str) -> String {
    let error = Db::open(url, OpenMode::Existing).await.unwrap_err();
    assert!(matches!(error, OpenError::Server { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        !text.contains("s3cret") && !text.contains("wr0ng"),
        "{text}"
    );
    text
}

fn with_name(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

#[tokio::test]
async fn whoever_is_not_let_in_reads_which_setting_is_wrong() {
    let url = postgres::new_database();
    let database = url.rsplit('/').next().unwrap();
    let as_user = |user: &str| url.replace("skep:s3cret-password", &format!("{user}:wr0ng"));
    raw(
        &url,
        "CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE asleep NOLOGIN; \
         CREATE ROLE crowded LOGIN CONNECTION LIMIT 0",
    )
    .await;
    // Only this user's password counts: everybody else is trusted.
    let rule = "1i host all locked 127.0.0.1/32 scram-sha-256";
    raw(
        &url,
        &format!("COPY (SELECT 1) TO PROGRAM 'sed -i \"{rule}\" pg_hba.conf'"),
    )
    .await;
    raw(&url, "SELECT pg_reload_conf()").await;
    let mut said = String::new();
    for _ in 0..50 {
        match Db::open(&as_user("locked"), OpenMode::Existing).await {
            Err(OpenError::Server { problem, .. }) => {
                said = problem;
                break;
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    assert!(
        said.contains("refuses the password of user `locked`"),
        "{said}"
    );
    assert!(
        said.contains("`[database] url`") && said.contains("url_file"),
        "{said}"
    );
    assert!(!said.contains("wr0ng"), "{said}");

    let said = refusal(&as_user("asleep")).await;
    assert!(said.contains("does not let user `asleep` in"), "{said}");
    let said = refusal(&as_user("crowded")).await;
    assert!(
        said.contains("connections are taken") && said.contains("max_connections"),
        "{said}"
    );
    let said = refusal(&with_name(&url, "nowhere")).await;
    assert!(
        said.contains("has no database `nowhere`") && said.contains("createdb"),
        "{said}"
    );
    let said = refusal(&format!("{url}?sslmode=require")).await;
    assert!(
        said.contains("no TLS") && said.contains("sslmode"),
        "{said}"
    );
    let said = refusal(&url.replace("127.0.0.1", "no-such-host.invalid")).await;
    assert!(said.contains("host is not known"), "{said}");
    let said = refusal(&format!(
        "postgres://skep@127.0.0.1:{}/x",
        port::free_port()
    ))
    .await;
    assert!(said.contains("nobody listens there"), "{said}");

    raw(
        &url,
        &format!("ALTER DATABASE {database} SET default_transaction_read_only = on"),
    )
    .await;
    let said = refusal(&url).await;
    assert!(
        said.contains("can only be read") && said.contains("primary"),
        "{said}"
    );
    let latin = format!("{database}_latin");
    raw(
        &with_name(&url, "postgres"),
        &format!("CREATE DATABASE {latin} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"),
    )
    .await;
    let said = refusal(&with_name(&url, &latin)).await;
    assert!(
        said.contains("LATIN1") && said.contains("--encoding UTF8"),
        "{said}"
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "postgres://skep:s3cret@{}/skep",
        silent.local_addr().unwrap()
    );
    let settings = PoolSettings {
        acquire_timeout: Duration::from_secs(1),
        ..PoolSettings::default()
    };
    let begin = Instant::now();
    let error = Db::open_with(&url, OpenMode::Existing, &settings)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("no answer within 1 seconds"),
        "{error}"
    );
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test]
async fn limits_of_the_settings_are_those_of_the_connections() {
    let url = postgres::new_database();
    Db::open(&url, OpenMode::Create)
        .await
        .unwrap()
        .close()
        .await;
    let settings = PoolSettings {
        max_connections: 3,
        acquire_timeout: Duration::from_secs(1),
        lock_timeout: Duration::from_secs(1),
        statement_timeout: Duration::from_secs(7),
        ..PoolSettings::default()
    };
    let db = Db::open_with(&url, OpenMode::Existing, &settings)
        .await
        .unwrap();
    let all = [
        db.read().await.unwrap(),
        db.read().await.unwrap(),
        db.read().await.unwrap(),
    ];
    let error = db.read().await.map(|_| ()).unwrap_err();
    assert_eq!(
        error,
        DbError::Unavailable("no connection within 1 seconds".to_owned())
    );
    drop(all);
    // Somebody else holds the row that every write of the feed needs.
    let other = Db::open(&url, OpenMode::Existing).await.unwrap();
    let mut holder = other.begin().await.unwrap();
    skep_server::db::settings::upsert(&mut holder, "x", "1")
        .await
        .unwrap();
    let begin = Instant::now();
    let mut tx = db.begin().await.unwrap();
    let error = skep_server::db::settings::upsert(&mut tx, "x", "2")
        .await
        .unwrap_err();
    assert_eq!(error, DbError::Busy);
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    let server = db.server().await.unwrap().unwrap();
    assert!(
        server.of_skep >= 2 && server.connections > 300,
        "{server:?}"
    );
    assert!(db.is_heard().await);
}

#[tokio::test]
async fn connections_that_are_cut_delay_nothing_for_long() {
    let app = TestApp::on(Setup::Large, &[]).await;
    app.publish("alpha", "1.0.0").await;
    let url = app.node.app.config.database.reveal().to_owned();
    let path = "/repo/tarballs/alpha-1.0.0.tar";
    for round in 0..3 {
        let sold = app.sell(Sale::of("alpha")).await;
        app.settle().await;
        assert_eq!(app.get(path).key(&sold.key).send().await.status, 200);
        // The listener and everything in the pool, while requests go on.
        let cut = raw(
            &url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'skep'",
        );
        let load = async {
            for _ in 0..40 {
                assert_eq!(app.get(path).key(&sold.key).send().await.status, 200);
            }
        };
        tokio::join!(cut, load);
        let other = app.other_process().await;
        keys::revoke(&other, sold.key_id.parse().unwrap(), &Actor::Cli)
            .await
            .unwrap();
        other.db.close().await;
        let begin = Instant::now();
        while app.get(path).key(&sold.key).send().await.status == 200 {
            assert!(begin.elapsed() < Duration::from_secs(2), "round {round}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn the_doctor_knows_the_server() {
    let app = TestApp::on(Setup::Large, &[]).await;
    let config = &app.node.app.config;
    let checks = examine(config, &Clock::system(), Examination::default()).await;
    let own: Vec<_> = checks.iter().filter(|it| it.name == "postgresql").collect();
    assert_eq!(own.len(), 1, "{own:?}");
    assert_eq!(own[0].status, Status::Ok, "{own:?}");
    assert!(own[0].text.contains("1 nodes may want 10"), "{own:?}");
    let greedy = Config::parse(
        "[database]\nmax_connections = 900\n\n[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n",
        app.dir(),
        &[(
            "SKEP_DATABASE__URL".to_owned(),
            config.database.reveal().to_owned(),
        )],
    );
    let checks = examine(&greedy.unwrap(), &Clock::system(), Examination::default()).await;
    let own = checks.iter().find(|it| it.name == "postgresql").unwrap();
    assert_eq!(own.status, Status::Warn);
    assert!(
        own.advice.as_ref().unwrap().contains("max_connections"),
        "{own:?}"
    );
}
