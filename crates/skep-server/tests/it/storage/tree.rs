//! A repository of plain files in a bucket.

use bytes::Bytes;
use futures_util::TryStreamExt;
use skep_formats::checksum::Sha256;
use skep_server::config::{StorageArgument, StorageUrl};
use skep_server::files::{FilesError, Tree, TreePath};

use crate::support::seaweedfs;
use crate::support::strict_s3::{Mood, StrictS3};

fn with(s3: &StrictS3, bucket: &str, endpoint: Option<&str>, credentials: (&str, &str)) -> Tree {
    let place = format!("s3://{bucket}/{}", s3.prefix);
    let argument = StorageArgument {
        place: &place,
        endpoint: endpoint.or(Some(&s3.endpoint)),
        region: Some("us-east-1"),
    };
    let environment = [
        ("AWS_ACCESS_KEY_ID".to_owned(), credentials.0.to_owned()),
        ("AWS_SECRET_ACCESS_KEY".to_owned(), credentials.1.to_owned()),
    ];
    Tree::open(&StorageUrl::from_argument(&argument, &environment).unwrap()).unwrap()
}

const OWN: (&str, &str) = (seaweedfs::ACCESS_KEY_ID, seaweedfs::SECRET_ACCESS_KEY);

fn tree(s3: &StrictS3) -> Tree {
    with(s3, seaweedfs::BUCKET, None, OWN)
}

fn path(text: &str) -> TreePath {
    TreePath::from_path(text).unwrap()
}

#[tokio::test]
async fn what_was_put_is_there_and_can_be_replaced() {
    let s3 = StrictS3::start().await;
    let tree = tree(&s3);
    tree.check_writing().await.unwrap();
    let names = path("names");
    assert_eq!(tree.get(&names, 100).await.unwrap(), None);
    assert_eq!(tree.checksum(&names).await.unwrap(), None);
    tree.put(&names, Bytes::from_static(b"one")).await.unwrap();
    let first = tree.get(&names, 100).await.unwrap().unwrap();
    tree.put(&names, Bytes::from_static(b"two")).await.unwrap();
    let second = tree.get(&names, 100).await.unwrap().unwrap();
    assert_eq!(second.bytes, "two");
    assert!(first.etag.is_some() && first.etag != second.etag);
    assert_eq!(
        tree.checksum(&names).await.unwrap(),
        Some(Sha256::of(b"two"))
    );
    let listed: Vec<_> = tree.list().try_collect().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((&listed[0].path, &listed[0].etag), (&names, &second.etag));
    let url = tree.sign_url(&names, std::time::Duration::from_secs(60));
    let answer = reqwest::get(url.await.unwrap().unwrap()).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert_eq!(answer.headers()["cache-control"], names.cache_control());
    tree.delete(&names).await.unwrap();
    tree.delete(&names).await.unwrap();
    assert_eq!(tree.head(&names).await.unwrap(), None);
}

#[tokio::test]
async fn the_checksum_of_what_another_program_uploaded_is_read_from_it() {
    let s3 = StrictS3::start().await;
    let tree = tree(&s3);
    seaweedfs::change_by_hand(&format!("{}/names", s3.prefix), b"by hand").await;
    assert_eq!(
        tree.checksum(&path("names")).await.unwrap(),
        Some(Sha256::of(b"by hand"))
    );
}

#[tokio::test]
async fn an_upload_that_arrives_as_something_else_is_refused() {
    let s3 = StrictS3::start().await;
    let tree = tree(&s3);
    s3.become_(Mood::Corrupting);
    let put = tree.put(&path("names"), Bytes::from_static(b"whole")).await;
    let error = put.unwrap_err();
    assert!(matches!(error, FilesError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_words_of_the_command_line() {
    let s3 = StrictS3::start().await;
    let refusal = async |tree: Tree| tree.check_writing().await.unwrap_err().to_string();
    let text = refusal(with(&s3, "another-bucket", None, OWN)).await;
    assert!(
        text.contains("no bucket `another-bucket`: make it, or correct its name in the argument"),
        "{text}"
    );
    let unknown = ("AKIAUNKNOWN", "x");
    let text = refusal(with(&s3, seaweedfs::BUCKET, None, unknown)).await;
    assert!(
        text.contains("it does not know AWS_ACCESS_KEY_ID"),
        "{text}"
    );
    let wrong = (seaweedfs::ACCESS_KEY_ID, "swordfish");
    let text = refusal(with(&s3, seaweedfs::BUCKET, None, wrong)).await;
    assert!(
        text.contains("AWS_SECRET_ACCESS_KEY is not the one"),
        "{text}"
    );
    assert!(!text.contains("swordfish"), "{text}");
    let nowhere = Some("http://127.0.0.1:1");
    let text = refusal(with(&s3, seaweedfs::BUCKET, nowhere, OWN)).await;
    assert!(text.contains("correct `--endpoint`"), "{text}");
    let reader = (seaweedfs::READER_ID, seaweedfs::READER_SECRET);
    let text = refusal(with(&s3, seaweedfs::BUCKET, None, reader)).await;
    assert!(text.contains("AWS_ACCESS_KEY_ID may not do that"), "{text}");
}
