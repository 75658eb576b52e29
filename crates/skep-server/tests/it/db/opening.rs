use std::time::Duration;

use skep_server::db::{Db, DbError, OpenError, OpenMode};
use sqlx::{ConnectOptions, Connection};

use super::raw;
use crate::support::each_db::{TestDb, on_each_db, sqlite_url};
use crate::support::postgres;

async fn refused(url: &str, mode: OpenMode) -> OpenError {
    Db::open(url, mode).await.expect_err("it must be refused")
}

#[tokio::test]
async fn what_was_made_opens_again() {
    on_each_db(async |test: TestDb| {
        let again = test.open_again().await;
        assert_eq!(
            again.feed_since(0).await.unwrap().epoch,
            test.feed_since(0).await.unwrap().epoch
        );
    })
    .await;
}

#[tokio::test]
async fn two_databases_have_two_epochs() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = Db::open(&sqlite_url(&one), OpenMode::Create).await.unwrap();
    let two = Db::open(&sqlite_url(&two), OpenMode::Create).await.unwrap();
    assert_ne!(
        one.feed_since(0).await.unwrap().epoch,
        two.feed_since(0).await.unwrap().epoch
    );
}

#[tokio::test]
async fn making_one_over_another_is_refused() {
    on_each_db(async |test: TestDb| {
        assert!(matches!(
            refused(&test.url, OpenMode::Create).await,
            OpenError::Exists(_)
        ));
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    on_each_db(async |test: TestDb| {
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     SELECT 9999, 'future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        raw(&test.url, newer).await;
        let error = refused(&test.url, OpenMode::Existing).await;
        assert!(matches!(error, OpenError::Newer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("install a newer Skep"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_s_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    for url in [sqlite_url(&dir), postgres::new_database()] {
        raw(&url, "CREATE TABLE invoices (id BIGINT)").await;
        for mode in [OpenMode::Existing, OpenMode::Create] {
            let error = refused(&url, mode).await;
            assert!(
                matches!(error, OpenError::NotSkep(_) | OpenError::Exists(_)),
                "{error}"
            );
        }
    }
    assert!(
        !dir.path().join("skep.db-wal").exists(),
        "its journal mode was changed"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs_err::write(dir.path().join("skep.db"), "Dear diary, ".repeat(500)).unwrap();
    let error = refused(&sqlite_url(&dir), OpenMode::Existing).await;
    assert!(matches!(error, OpenError::NotSkep(_)), "{error}");
}

#[tokio::test]
async fn a_missing_database_is_not_made_by_accident() {
    let dir = tempfile::tempdir().unwrap();
    let url = sqlite_url(&dir);
    assert!(matches!(
        refused(&url, OpenMode::Existing).await,
        OpenError::Missing(_)
    ));
    assert!(!dir.path().join("skep.db").exists());
    let empty = postgres::new_database();
    assert!(matches!(
        refused(&empty, OpenMode::Existing).await,
        OpenError::Empty(_)
    ));
    let error = refused(&format!("{empty}_not_there"), OpenMode::Existing).await;
    assert!(matches!(error, OpenError::Server { .. }), "{error}");
    assert!(error.to_string().contains("it has no database"), "{error}");
}

#[tokio::test]
async fn no_error_shows_the_password() {
    let password = "s3cret-password";
    let urls = [
        format!("postgres://skep:{password}@127.0.0.1:1/skep"),
        format!("postgres://skep:{password}@127.0.0.1:notaport/skep"),
        format!("postgres://skep:{password}@127.0.0.1:1/skep?sslmode=maybe"),
        format!("mysql://skep:{password}@127.0.0.1/skep"),
        format!("skep:{password}@127.0.0.1/skep"),
        postgres::new_database(),
    ];
    for url in urls {
        let error = refused(&url, OpenMode::Existing).await;
        assert!(
            !format!("{error} {error:?}").contains(password),
            "{error:?}"
        );
    }
    let url = postgres::new_database();
    let db = Db::open(&url, OpenMode::Create).await.unwrap();
    assert!(!format!("{db} {db:?}").contains(password), "{db}");
    assert!(db.to_string().starts_with("postgres://127.0.0.1:"), "{db}");
}

#[tokio::test]
async fn a_locked_file_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let url = sqlite_url(&dir);
    Db::open(&url, OpenMode::Create)
        .await
        .unwrap()
        .close()
        .await;
    let path = dir.path().join("skep.db");
    let holder = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .locking_mode(sqlx::sqlite::SqliteLockingMode::Exclusive);
    let mut holder = holder.connect().await.unwrap();
    sqlx::raw_sql("BEGIN EXCLUSIVE; UPDATE feed SET revision = 0; COMMIT")
        .execute(&mut holder)
        .await
        .unwrap();
    let error = refused(&url, OpenMode::Existing).await;
    assert!(
        matches!(
            error,
            OpenError::Refused {
                error: DbError::Busy,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("is locked"), "{error}");
    holder.close().await.unwrap();
    Db::open(&url, OpenMode::Existing).await.unwrap();
}

#[tokio::test]
async fn writers_wait_for_each_other_and_then_give_up() {
    let dir = tempfile::tempdir().unwrap();
    let url = sqlite_url(&dir);
    let one = Db::open(&url, OpenMode::Create).await.unwrap();
    // Opening needs no lock that a writer holds.
    let held = one.begin().await.unwrap();
    let two = Db::open(&url, OpenMode::Existing).await.unwrap();
    let waiting = tokio::spawn({
        let two = two.clone();
        async move { two.begin().await.map(|_| ()) }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(held);
    waiting.await.unwrap().unwrap();
    let _held = one.begin().await.unwrap();
    assert_eq!(two.begin().await.map(|_| ()).unwrap_err(), DbError::Busy);
    two.read().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_read_only_file_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let url = sqlite_url(&dir);
    Db::open(&url, OpenMode::Create)
        .await
        .unwrap()
        .close()
        .await;
    let path = dir.path().join("skep.db");
    let _restore = read_only(&path);
    let error = refused(&url, OpenMode::Existing).await;
    assert!(
        matches!(
            error,
            OpenError::Refused {
                error: DbError::ReadOnly,
                ..
            }
        ),
        "{error}"
    );
}

/// For root, permissions do not count; an immutable file does where the file system has them, and a
/// read-only mount of the file on itself does everywhere.
#[cfg(target_os = "linux")]
fn read_only(path: &std::path::Path) -> impl Drop {
    use std::process::Command;
    struct Restore(std::path::PathBuf, bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            if self.1 {
                let _ = Command::new("umount").arg("-l").arg(&self.0).status();
            }
        }
    }
    let mut permissions = fs_err::metadata(path).unwrap().permissions();
    permissions.set_readonly(true);
    fs_err::set_permissions(path, permissions).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if is_root {
        for arguments in [vec!["--bind"], vec!["-o", "remount,bind,ro"]] {
            let mut mount = Command::new("mount");
            mount.args(&arguments).arg(path);
            if arguments[0] == "--bind" {
                mount.arg(path);
            }
            assert!(mount.status().unwrap().success(), "root can mount");
        }
    }
    Restore(path.to_owned(), is_root)
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let _db = Db::open(&sqlite_url(&dir), OpenMode::Create).await.unwrap();
    for entry in fs_err::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{entry:?}"
        );
    }
}

#[tokio::test]
async fn two_processes_may_open_at_once() {
    let dir = tempfile::tempdir().unwrap();
    for url in [sqlite_url(&dir), postgres::new_database()] {
        Db::open(&url, OpenMode::Create)
            .await
            .unwrap()
            .close()
            .await;
        let open = || {
            tokio::spawn({
                let url = url.clone();
                async move { Db::open(&url, OpenMode::Existing).await.map(|_| ()) }
            })
        };
        for opened in [open(), open(), open(), open()] {
            opened.await.unwrap().unwrap();
        }
    }
}
