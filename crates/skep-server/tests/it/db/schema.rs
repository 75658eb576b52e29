//! A database that a newer version migrates while this one serves from it.

use std::time::Duration;

use skep_server::accounts::role::Role;
use skep_server::db::{Db, DbError, OpenError, OpenMode, settings};
use skep_server::node::{Node, Readiness};

use super::raw;
use crate::support::each_db::{TestDb, on_each_db};
use crate::support::{MIX, Sale, TestApp, on_each_app, tarball};

/// What a migration of the future leaves in the table of migrations.
const FUTURE: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                      SELECT 9999, 'future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";

#[tokio::test]
async fn writing_to_a_newer_schema_is_refused_and_reading_is_not() {
    on_each_db(async |test: TestDb| {
        assert_eq!(test.newer_schema(), None);
        raw(&test.url, FUTURE).await;
        let refused = test.begin().await.map(|_| ()).unwrap_err();
        assert!(
            matches!(refused, DbError::NewerSchema { found: 9999, .. }),
            "{refused}"
        );
        assert!(
            refused
                .to_string()
                .contains("replace it with the newer one"),
            "{refused}"
        );
        assert_eq!(test.newer_schema(), Some(9999));
        let conn = &mut test.read().await.unwrap();
        assert_eq!(settings::find(conn, "none").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn only_what_serves_opens_a_newer_schema() {
    on_each_db(async |test: TestDb| {
        raw(&test.url, FUTURE).await;
        let refused = Db::open(&test.url, OpenMode::Existing).await.unwrap_err();
        assert!(
            matches!(refused, OpenError::Newer { found: 9999, .. }),
            "{refused}"
        );
        let db = Db::open(&test.url, OpenMode::Serving).await.unwrap();
        assert!(db.begin().await.is_err());
        assert!(db.feed_since(0).await.is_ok());
    })
    .await;
}

async fn until_noticed(node: &Node) {
    for _ in 0..200 {
        if node.readiness() == Readiness::NewerSchema {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", node.readiness());
}

#[tokio::test]
async fn a_node_whose_database_was_migrated_serves_and_says_so() {
    on_each_app(async |app: TestApp| {
        app.publish("alpha", "1.0.0").await;
        let sold = app.sell(Sale::of("alpha")).await;
        let scopes = "api licenses:write";
        let api_key = app.member_with("rosa", Role::Owner, scopes).await;
        raw(app.node.app.config.database.reveal(), FUTURE).await;
        until_noticed(&app.node).await;
        assert_eq!(app.get("/readyz").send().await.text(), "degraded: schema\n");
        for path in ["/repo/packages/alpha", "/repo/tarballs/alpha-1.0.0.tar"] {
            assert_eq!(
                app.get(path).key(&sold.key).send().await.status,
                200,
                "{path}"
            );
        }
        for (path, body) in [
            ("/api/publish", tarball("alpha", "1.1.0", "")),
            (
                "/api/manage/customers",
                br#"{"name":"Eva","email":"eva@example.com"}"#.to_vec(),
            ),
        ] {
            let asked = app
                .ask(reqwest::Method::POST, path)
                .key(&api_key)
                .agent(MIX)
                .body(body);
            let kind = if path.ends_with("publish") {
                "octet-stream"
            } else {
                "json"
            };
            let asked = asked.header("content-type", &format!("application/{kind}"));
            let answer = asked.send().await;
            assert_eq!(answer.status, 503, "{path}: {}", answer.text());
            assert!(
                answer.text().contains("is being upgraded"),
                "{}",
                answer.text()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_older_version_that_starts_beside_a_newer_one_serves() {
    on_each_app(async |app: TestApp| {
        app.publish("alpha", "1.0.0").await;
        let sold = app.sell(Sale::of("alpha")).await;
        raw(app.node.app.config.database.reveal(), FUTURE).await;
        let app = app.restart().await;
        until_noticed(&app.node).await;
        let answer = app
            .get("/repo/tarballs/alpha-1.0.0.tar")
            .key(&sold.key)
            .send()
            .await;
        assert_eq!(answer.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_schema_that_cannot_be_read_any_more_is_named() {
    on_each_app(async |app: TestApp| {
        let url = app.node.app.config.database.reveal().to_owned();
        raw(
            &url,
            &format!("{FUTURE}; ALTER TABLE products RENAME TO things"),
        )
        .await;
        let other = app.other_process().await;
        let refused = Node::start(other).await.map(|_| ()).unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("has schema 9999"), "{text}");
        assert!(text.contains("install the newer one"), "{text}");
    })
    .await;
}
