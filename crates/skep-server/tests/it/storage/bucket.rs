//! What is in the bucket, and what becomes of it.

use bytes::Bytes;
use futures_util::TryStreamExt;
use skep_formats::checksum::Sha256;
use skep_server::config::Config;
use skep_server::doctor::{self, Examination, Status};
use skep_server::files::{FileKey, Files, FilesError, Put};

use crate::support::strict_s3::{Mood, StrictS3};
use crate::support::{MIX, Sale, app_on_bucket, seaweedfs};

fn tarball(bytes: &[u8]) -> FileKey {
    FileKey::Tarball {
        repository: "acme".parse().unwrap(),
        package: "alpha".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        checksum: Sha256::of(bytes),
    }
}

pub(super) fn files(settings: &[(String, String)]) -> Files {
    let text = "[[repository]]\nname = \"acme\"\nprivate_key_file = \"key.pem\"\n";
    let config = Config::parse(text, std::path::Path::new("/"), settings).unwrap();
    Files::open(&config.storage).unwrap()
}

async fn read(
    files: &Files,
    key: &FileKey,
    range: Option<std::ops::Range<u64>>,
) -> std::io::Result<Vec<u8>> {
    let blocks: Vec<Bytes> = files
        .open_file(key, range)
        .await
        .unwrap()
        .stream
        .try_collect()
        .await?;
    Ok(blocks.concat())
}

#[tokio::test]
async fn what_was_put_is_there_in_whole_and_in_part() {
    let s3 = StrictS3::start().await;
    let (files, bytes) = (files(&s3.settings()), Bytes::from(vec![7; 6_000_000]));
    let key = tarball(&bytes);
    assert_eq!(files.size(&key).await.unwrap(), None);
    let absent = files.open_file(&key, None).await.unwrap_err();
    assert!(absent.is_not_found(), "{absent:?}");
    assert_eq!(files.put(&key, bytes.clone()).await.unwrap(), Put::Created);
    let puts = s3.puts();
    assert_eq!(files.put(&key, bytes.clone()).await.unwrap(), Put::Renewed);
    assert_eq!(s3.puts(), puts + 1, "what is whole is not written again");
    assert_eq!(files.size(&key).await.unwrap(), Some(6_000_000));
    assert_eq!(read(&files, &key, None).await.unwrap(), bytes);
    let part = read(&files, &key, Some(100_000..170_001)).await.unwrap();
    assert_eq!(part.len(), 70_001);
    let open = files.open_file(&key, Some(5..6)).await.unwrap();
    assert_eq!((open.size_bytes, open.range), (6_000_000, 5..6));
    let listed: Vec<_> = files.list().try_collect().await.unwrap();
    assert_eq!(listed, [(key.clone(), 6_000_000)]);
    files.delete(&key).await.unwrap();
    files.delete(&key).await.unwrap();
    assert_eq!(files.size(&key).await.unwrap(), None);
}

#[tokio::test]
async fn a_damaged_object_is_repaired_by_putting_it_again() {
    let s3 = StrictS3::start().await;
    let (files, bytes) = (files(&s3.settings()), Bytes::from_static(b"whole"));
    let key = tarball(&bytes);
    files.put(&key, bytes.clone()).await.unwrap();
    let path = format!("{}/{}", s3.prefix, key.path());
    seaweedfs::change_by_hand(&path, b"eohlw").await;
    assert_eq!(files.put(&key, bytes.clone()).await.unwrap(), Put::Renewed);
    assert_eq!(read(&files, &key, None).await.unwrap(), bytes);
}

#[tokio::test]
async fn an_upload_that_arrives_as_something_else_is_refused() {
    let s3 = StrictS3::start().await;
    let (files, bytes) = (files(&s3.settings()), Bytes::from_static(b"whole"));
    s3.become_(Mood::Corrupting);
    let error = files.put(&tarball(&bytes), bytes).await.unwrap_err();
    assert!(matches!(error, FilesError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn an_object_that_somebody_changed_is_not_served_and_is_reported() {
    let (app, s3) = app_on_bucket(&[]).await;
    let mut tarball = app.publish("alpha", "1.0.0").await;
    let key = app.sell(Sale::of("alpha")).await.key;
    let checksum = Sha256::of(&tarball);
    tarball[600] ^= 1;
    let path = format!(
        "{}/repos/acme/tarballs/alpha-1.0.0/{checksum}.tar",
        s3.prefix
    );
    seaweedfs::change_by_hand(&path, &tarball).await;
    let url = format!("{}/repo/tarballs/alpha-1.0.0.tar", app.url);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(url).header("authorization", &key);
    // A small file breaks off before its first byte, a large one before its last.
    let whole = match request.header("user-agent", MIX).send().await {
        Ok(answer) => answer.bytes().await,
        Err(error) => Err(error),
    };
    assert!(whole.is_err(), "{whole:?}");
    let (config, clock) = (&app.node.app.config, &app.node.app.clock);
    let deep = Examination { is_deep: true };
    let checks = doctor::examine(config, clock, deep).await;
    let found = checks.iter().find(|check| check.status == Status::Fail);
    assert!(
        found.is_some_and(|check| check.text.contains("is damaged: its checksum is another")),
        "{checks:?}"
    );
}
