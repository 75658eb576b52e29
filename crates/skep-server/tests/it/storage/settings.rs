//! Wrong settings: refused with their names, by the server and by doctor beforehand.

use skep_server::doctor::{self, Examination, Status};
use skep_server::files::{Files, FilesError};

use super::bucket::files;
use crate::support::strict_s3::StrictS3;
use crate::support::{TestApp, app_on_bucket, seaweedfs};

fn with(s3: &StrictS3, changes: &[(&str, &str)]) -> Files {
    let mut settings = s3.settings();
    for (name, value) in changes {
        settings.retain(|(known, _)| known != name);
        settings.push(((*name).to_owned(), (*value).to_owned()));
    }
    files(&settings)
}

async fn refusal(files: &Files) -> String {
    match files.check().await {
        Err(error @ FilesError::Refused { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_wrong_setting_is_named() {
    let s3 = StrictS3::start().await;
    with(&s3, &[]).check().await.unwrap();
    let wrong = async |name, value| refusal(&with(&s3, &[(name, value)])).await;
    let text = wrong("SKEP_STORAGE__URL", "s3://another-bucket/x").await;
    assert!(text.contains("no bucket `another-bucket`"), "{text}");
    assert!(text.contains("`url` in [storage]"), "{text}");
    let text = wrong("SKEP_STORAGE__ACCESS_KEY_ID", "AKIAUNKNOWN").await;
    assert!(text.contains("`access_key_id` in [storage]"), "{text}");
    let text = wrong("SKEP_STORAGE__SECRET_ACCESS_KEY", "swordfish").await;
    assert!(text.contains("`secret_access_key` in [storage]"), "{text}");
    assert!(!text.contains("swordfish"), "{text}");
    let text = wrong("SKEP_STORAGE__ENDPOINT", "http://127.0.0.1:1").await;
    assert!(
        text.contains("nobody answers at `http://127.0.0.1:1/`: correct `endpoint` in [storage]"),
        "{text}"
    );
    let app = TestApp::new().await;
    let text = wrong("SKEP_STORAGE__ENDPOINT", &app.url).await;
    assert!(text.contains("is no object store"), "{text}");
}

#[tokio::test]
async fn another_region_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(async || {
        let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>expecting 'eu-west-1'</Message></Error>";
        (http::StatusCode::BAD_REQUEST, body)
    });
    tokio::spawn(axum::serve(listener, router).into_future());
    let s3 = StrictS3::start().await;
    let text = refusal(&with(&s3, &[("SKEP_STORAGE__ENDPOINT", &endpoint)])).await;
    assert!(
        text.contains("is in another region than `us-east-1`: correct `region` in [storage]"),
        "{text}"
    );
}

#[tokio::test]
async fn doctor_tries_to_write_and_leaves_nothing() {
    let (app, s3) = app_on_bucket(&[]).await;
    let (config, clock) = (&app.node.app.config, &app.node.app.clock);
    let checks = doctor::examine(config, clock, Examination::default()).await;
    let storage = checks.iter().find(|check| check.name == "storage").unwrap();
    assert_eq!(storage.status, Status::Ok, "{storage:?}");
    assert!(storage.text.ends_with("can be read and written"));
    let reader = with(
        &s3,
        &[
            ("SKEP_STORAGE__ACCESS_KEY_ID", seaweedfs::READER_ID),
            ("SKEP_STORAGE__SECRET_ACCESS_KEY", seaweedfs::READER_SECRET),
        ],
    );
    reader.check().await.unwrap();
    let error = reader.check_writing().await.unwrap_err().to_string();
    assert!(error.contains("may not do that in bucket"), "{error}");
}
