use skep_server::clock::Clock;
use skep_server::db::transfer::TransferError;
use skep_server::db::{self, Db, OpenError, OpenMode};
use skep_server::transfer::{CopyError, copy};

use super::rows::{ROWS, contents, fill};
use super::{on_postgres, quietly};
use crate::support::each_db::sqlite_url;
use crate::support::{Sale, Setup, TestApp, postgres};

async fn copied(from: &str, to: &str) -> Result<skep_server::transfer::Copied, CopyError> {
    copy((from, to), false, &Clock::system(), &quietly).await
}

async fn epoch(url: &str) -> String {
    let db = Db::open(url, OpenMode::Existing).await.unwrap();
    let feed = db.feed_since(0).await.unwrap();
    db.close().await;
    feed.epoch
}

#[tokio::test]
async fn every_table_comes_over_and_back_as_it_was() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, back) = (sqlite_url(&one), sqlite_url(&two));
    let postgres = postgres::new_database();
    fill(&from).await;
    let over = copied(&from, &postgres).await.unwrap();
    assert!(!over.is_stale);
    copied(&postgres, &back).await.unwrap();
    let expected = contents(&from).await;
    for (table, counted) in &expected {
        let rows = if table == "feed" { 1 } else { ROWS as u64 };
        assert_eq!(counted.rows, rows, "{table}");
    }
    assert_eq!(contents(&postgres).await, expected);
    assert_eq!(contents(&back).await, expected);
    let epochs = [&from, &postgres, &back].map(|url| epoch(url));
    let [first, second, third] = epochs;
    let (first, second, third) = (first.await, second.await, third.await);
    assert_eq!(first, "made by a test");
    assert!(second != first && third != second && third != first);
    assert_eq!(second.len(), 32);
}

#[tokio::test]
async fn a_collation_and_a_time_zone_of_its_own_make_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let from = sqlite_url(&dir);
    fill(&from).await;
    let url = postgres::new_database();
    let name = url.rsplit('/').next().unwrap();
    let other = format!("{name}_de");
    on_postgres(
        &url,
        &format!(
            "CREATE DATABASE {other} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'"
        ),
    )
    .await;
    on_postgres(
        &url,
        &format!("ALTER DATABASE {other} SET timezone = 'Asia/Kathmandu'"),
    )
    .await;
    let to = url.replace(name, &other);
    copied(&from, &to).await.unwrap();
    assert_eq!(contents(&to).await, contents(&from).await);
}

#[tokio::test]
async fn what_is_there_is_never_written_over() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, to) = (sqlite_url(&one), sqlite_url(&two));
    fill(&from).await;
    fill(&to).await;
    let (installation, stranger) = (postgres::new_database(), postgres::new_database());
    fill(&installation).await;
    on_postgres(&stranger, "CREATE TABLE invoices (id BIGINT)").await;
    let before = (contents(&to).await, epoch(&to).await);
    for (target, found) in [
        (&to, "7 licenses"),
        (&installation, "7 licenses"),
        (&stranger, "the tables `invoices`"),
    ] {
        let error = copied(&from, target).await.unwrap_err();
        let CopyError::Transfer(TransferError::NotEmpty { .. }) = &error else {
            panic!("{error}");
        };
        assert!(error.to_string().contains(found), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    assert_eq!((contents(&to).await, epoch(&to).await), before);
}

#[tokio::test]
async fn one_database_is_not_copied_to_itself() {
    let dir = tempfile::tempdir().unwrap();
    let from = sqlite_url(&dir);
    fill(&from).await;
    let file = dir.path().join("nothing").join("..").join("skep.db");
    fs_err::create_dir(dir.path().join("nothing")).unwrap();
    for same in [from.clone(), format!("sqlite:{}", file.display())] {
        assert!(matches!(copied(&from, &same).await, Err(CopyError::Same)));
    }
    let url = postgres::new_database();
    let other_user = url.replace("s3cret-password", "other");
    assert!(matches!(
        copied(&url, &other_user).await,
        Err(CopyError::Same)
    ));
}

#[tokio::test]
async fn a_nul_is_named_and_replaced_only_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let from = sqlite_url(&dir);
    let db = Db::open(&from, OpenMode::Create).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    db::settings::insert(&mut tx, "odd", "a\0b").await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let to = postgres::new_database();
    let error = copied(&from, &to).await.unwrap_err().to_string();
    assert!(
        error.contains("column `value` of row `odd` in table `settings`"),
        "{error}"
    );
    assert!(error.contains("--replace-nul"), "{error}");
    let refused = Db::open(&to, OpenMode::Existing).await.unwrap_err();
    assert!(matches!(refused, OpenError::Empty(_)), "{refused}");
    let made = copy((&from, &to), true, &Clock::system(), &quietly)
        .await
        .unwrap();
    assert_eq!(made.replaced, 1);
    let db = Db::open(&to, OpenMode::Existing).await.unwrap();
    let value = db::settings::find(&mut db.read().await.unwrap(), "odd")
        .await
        .unwrap();
    assert_eq!(value.as_deref(), Some("a\u{fffd}b"));
    // SQLite keeps it as it is.
    let other = tempfile::tempdir().unwrap();
    copied(&from, &sqlite_url(&other)).await.unwrap();
    assert_eq!(contents(&sqlite_url(&other)).await, contents(&from).await);
}

#[tokio::test]
async fn a_copy_that_fails_leaves_no_file() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let from = sqlite_url(&one);
    fill(&from).await;
    // A text where a number belongs: only SQLite would take it.
    let path = from.trim_start_matches("sqlite:");
    let mut file = {
        use sqlx::ConnectOptions;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        options.connect().await.unwrap()
    };
    sqlx::raw_sql("UPDATE downloads SET requests = 'many' WHERE version = ''")
        .execute(&mut file)
        .await
        .unwrap();
    let error = copied(&from, &sqlite_url(&two))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("column `requests`") && error.contains("`downloads`"),
        "{error}"
    );
    assert_eq!(fs_err::read_dir(two.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_seller_moves_and_nothing_changes_for_customers() {
    let mut app = TestApp::on(Setup::Small, &[]).await;
    app.publish("alpha", "1.0.0").await;
    app.publish("alpha", "1.1.0").await;
    let sold = app.sell(Sale::of("alpha")).await;
    app.settle().await;
    let ask = async |app: &TestApp, path: &str| {
        let answer = app.get(path).key(&sold.key).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.body
    };
    let paths = [
        "/repo/packages/alpha",
        "/repo/tarballs/alpha-1.1.0.tar",
        "/repo/versions",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(ask(&app, path).await);
    }
    let from = format!("sqlite:{}", app.dir().join("skep.db").display());
    app.stop().await;
    let to = postgres::new_database();
    copied(&from, &to).await.unwrap();
    let moved = app.restart_with(&[("SKEP_DATABASE__URL", &to)]).await;
    assert!(moved.node.app.db.is_postgres());
    for (path, before) in paths.into_iter().zip(before) {
        assert_eq!(ask(&moved, path).await, before, "{path}");
    }
    let usage = contents(&to).await;
    let rows = usage.iter().find(|(name, _)| name == "usage").unwrap();
    assert!(rows.1.rows > 0, "usage that was stored came along");
    moved.publish("alpha", "1.2.0").await;
    ask(&moved, "/repo/tarballs/alpha-1.2.0.tar").await;
}
