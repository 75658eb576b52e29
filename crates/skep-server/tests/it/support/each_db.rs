//! The same test on both databases.

use std::ops::Deref;

use skep_server::db::{Db, OpenMode};

use super::{Setup, postgres};

/// A database of its own for one test.
pub(crate) struct TestDb {
    pub(crate) db: Db,
    pub(crate) url: String,
    /// Where files of the test can be; the SQLite file is there too.
    pub(crate) dir: tempfile::TempDir,
}

impl Deref for TestDb {
    type Target = Db;
    fn deref(&self) -> &Db {
        &self.db
    }
}

impl TestDb {
    /// Opens the same database once more, as another process would.
    pub(crate) async fn open_again(&self) -> Db {
        Db::open(&self.url, OpenMode::Existing)
            .await
            .expect("it is open already")
    }
}

pub(crate) fn sqlite_url(dir: &tempfile::TempDir) -> String {
    format!("sqlite:{}", dir.path().join("skep.db").display())
}

/// Runs a test on SQLite, then on PostgreSQL; in a run for one set-up, on its database.
pub(crate) async fn on_each_db(test: impl AsyncFn(TestDb)) {
    if Setup::Small.is_in_this_run() {
        let dir = tempfile::tempdir().expect("a directory");
        run("SQLite", sqlite_url(&dir), dir, &test).await;
    }
    if Setup::Large.is_in_this_run() {
        let dir = tempfile::tempdir().expect("a directory");
        run("PostgreSQL", postgres::new_database(), dir, &test).await;
    }
}

async fn run(name: &'static str, url: String, dir: tempfile::TempDir, test: &impl AsyncFn(TestDb)) {
    let _naming = NameWhenFailing(name);
    let db = Db::open(&url, OpenMode::Create)
        .await
        .expect("a new database");
    test(TestDb { db, url, dir }).await;
}

struct NameWhenFailing(&'static str);

impl Drop for NameWhenFailing {
    #[expect(clippy::print_stderr, reason = "a failed test says where it failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was on {}", self.0);
        }
    }
}
