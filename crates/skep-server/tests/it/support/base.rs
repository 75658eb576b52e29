//! What a server of the tests stands on, before it starts.

use std::path::Path;

use skep_server::db::{Db, OpenMode};
use tokio::sync::OnceCell;

use super::postgres;
use super::setup::Setup;
use super::strict_s3::StrictS3;

type Settings = Vec<(String, String)>;

/// Makes the database, and for the large set-up a bucket, unless the settings name others; where nginx
/// sends the files, they are in a folder on both.
pub(super) async fn lay(setup: Setup, dir: &Path, settings: &mut Settings) -> Option<StrictS3> {
    if !has(settings, "SKEP_DATABASE__URL") {
        match setup {
            Setup::Small => create(&format!("sqlite:{}", dir.join("skep.db").display())).await,
            Setup::Large => settings.push(("SKEP_DATABASE__URL".to_owned(), migrated().await)),
        }
    }
    let is_for_nginx = settings
        .iter()
        .any(|(name, value)| name == "SKEP_DELIVERY__MODE" && value == "accel");
    if setup == Setup::Small || is_for_nginx || has(settings, "SKEP_STORAGE__URL") {
        return None;
    }
    let s3 = StrictS3::start().await;
    settings.extend(s3.settings());
    Some(s3)
}

fn has(settings: &Settings, name: &str) -> bool {
    settings.iter().any(|(known, _)| known == name)
}

async fn create(url: &str) {
    let database = Db::open(url, OpenMode::Create).await;
    database.expect("a new database").close().await;
}

/// The URL of a new database that has its tables: copying them is faster than making them.
pub(super) async fn migrated() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let template = TEMPLATE.get_or_init(async || {
        let url = new_database().await;
        create(&url).await;
        url
    });
    let template = template.await.clone();
    let copied = tokio::task::spawn_blocking(move || postgres::copy_of(&template));
    copied.await.expect("a database")
}

/// The URL of a new, empty database on the server of the tests, which may have to start first.
async fn new_database() -> String {
    let made = tokio::task::spawn_blocking(postgres::new_database);
    made.await.expect("a database")
}
