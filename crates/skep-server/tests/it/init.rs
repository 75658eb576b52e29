//! `init` with PostgreSQL and a bucket: what a seller of more than one machine begins with.

use skep_server::app::App;
use skep_server::app::init::{InitError, InitOptions, init};
use skep_server::clock::Clock;
use skep_server::config::{Config, StorageUrl};

use crate::support::postgres;
use crate::support::strict_s3::StrictS3;

fn options(dir: &std::path::Path, environment: Vec<(String, String)>) -> InitOptions {
    InitOptions {
        environment,
        ..InitOptions::new(dir.join("shop"), "acme".parse().unwrap())
    }
}

#[tokio::test]
async fn the_database_is_named_in_a_file_and_the_bucket_in_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let s3 = StrictS3::start().await;
    let mut environment = s3.settings();
    environment.retain(|(name, _)| name != "SKEP_STORAGE__URL");
    let url_file = dir.path().join("database-url");
    let url = postgres::new_database();
    fs_err::write(&url_file, format!("{url}\n")).unwrap();
    let options = InitOptions {
        database_url_file: Some(url_file),
        storage: Some(s3_url(&s3)),
        ..options(dir.path(), environment.clone())
    };
    let made = init(&options, &Clock::system()).await.unwrap();

    let text = fs_err::read_to_string(&made.config_path).unwrap();
    assert!(!text.contains("s3cret-password"), "{text}");
    let config = Config::load(&made.config_path, &environment).unwrap();
    assert_eq!(config.database.reveal(), url);
    assert!(matches!(config.storage, StorageUrl::Bucket(_)));
    let app = App::open(config, Clock::system()).await.unwrap();
    app.files.check().await.unwrap();
    for name in ["skep.db", "files"] {
        assert!(!dir.path().join("shop").join(name).exists(), "{name}");
    }
}

#[tokio::test]
async fn the_environment_counts_as_it_does_for_serve() {
    let dir = tempfile::tempdir().unwrap();
    let url = postgres::new_database();
    let environment = vec![("SKEP_DATABASE__URL".to_owned(), url.clone())];
    let made = init(&options(dir.path(), environment), &Clock::system())
        .await
        .unwrap();
    assert_eq!(made.config.database.reveal(), url);
    assert!(!dir.path().join("shop/skep.db").exists());
}

#[tokio::test]
async fn a_bucket_that_refuses_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let s3 = StrictS3::start().await;
    let url = postgres::new_database();
    let mut environment = s3.settings();
    for (name, value) in &mut environment {
        if name == "SKEP_STORAGE__SECRET_ACCESS_KEY" {
            "another".clone_into(value);
        }
    }
    environment.push(("SKEP_DATABASE__URL".to_owned(), url.clone()));
    let options = options(dir.path(), environment);
    let error = init(&options, &Clock::system()).await.unwrap_err();
    assert!(matches!(error, InitError::Files(_)), "{error:?}");
    assert!(!dir.path().join("shop").exists());
    // The database is as empty as it was.
    let environment = vec![("SKEP_DATABASE__URL".to_owned(), url)];
    let options = InitOptions {
        environment,
        ..options
    };
    init(&options, &Clock::system()).await.unwrap();
}

#[tokio::test]
async fn a_file_without_a_url_of_postgres_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let url_file = dir.path().join("database-url");
    fs_err::write(&url_file, "mysql://root:hunter2@localhost").unwrap();
    let options = InitOptions {
        database_url_file: Some(url_file.clone()),
        ..options(dir.path(), Vec::new())
    };
    let error = init(&options, &Clock::system()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(url_file.to_str().unwrap()), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(!dir.path().join("shop").exists());
}

fn s3_url(s3: &StrictS3) -> String {
    let settings = s3.settings();
    let url = settings
        .into_iter()
        .find(|(name, _)| name == "SKEP_STORAGE__URL");
    url.unwrap().1
}
