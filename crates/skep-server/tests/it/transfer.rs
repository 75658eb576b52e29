//! Moving a whole installation: `skep db copy`, `skep backup`, `skep restore`.

mod backup;
mod copy;
mod damage;
mod list;
mod nodes;
mod rows;

use std::path::{Path, PathBuf};

use skep_server::clock::Clock;
use skep_server::config::Config;
use skep_server::transfer::{
    BackedUp, Backup, BackupOptions, Progress, RestoreOptions, Restored, backup, restore,
};
use sqlx::AssertSqlSafe;
use sqlx::Connection;

use crate::support::TestApp;

/// Nobody watches.
fn quietly(_: Progress<'_>) {}

/// A backup of everything, in the test's own folder.
async fn back_up(app: &TestApp, name: &str) -> (PathBuf, BackedUp) {
    let file = app.dir().join(name);
    let options = BackupOptions {
        file: file.clone(),
        with_files: Some(true),
        configuration: None,
        is_verified: true,
    };
    let clock = app.clock.clock();
    let made = backup(&app.node.app.config, &clock, &options, &quietly).await;
    (file, made.unwrap())
}

/// Restores a backup where a configuration says.
async fn restore_to(config: &Config, file: &Path) -> Restored {
    let backup = Backup::open(file).await.unwrap();
    let clock = Clock::system();
    let options = RestoreOptions::default();
    restore(config, &clock, &backup, options, &quietly)
        .await
        .unwrap()
}

/// The configuration of an app with another database and other folders, in `dir`.
fn config_at(dir: &Path, url: &str) -> Config {
    fs_err::create_dir_all(dir.join("files")).unwrap();
    fs_err::copy(
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../testdata/golden/keys/rsa2048.pem"
        ),
        dir.join("key.pem"),
    )
    .unwrap();
    let text = format!(
        "[database]\nurl = \"{url}\"\n\n[storage]\nurl = \"file:files\"\n\n[usage]\nspool_dir = \"spool\"\n\n\
         [[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n\n[[repository]]\nname = \"sub\"\n\
         private_key_file = \"key.pem\"\n"
    );
    Config::parse(&text, dir, &[]).unwrap()
}

/// Runs statements on a PostgreSQL database from outside.
async fn on_postgres(url: &str, sql: &str) {
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let sql = AssertSqlSafe(sql.to_owned());
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
