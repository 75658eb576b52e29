use skep_formats::checksum::Sha256;

use super::*;

fn tarball(bytes: &[u8]) -> FileKey {
    FileKey::Tarball {
        repository: "acme".parse().unwrap(),
        package: "alpha".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        checksum: Sha256::of(bytes),
    }
}

fn store(folder: &tempfile::TempDir) -> Files {
    Files::open(&StorageUrl::Folder(folder.path().to_path_buf())).unwrap()
}

async fn read(files: &Files, key: &FileKey, range: Option<Range<u64>>) -> Vec<u8> {
    let blocks: Vec<Bytes> = files
        .open_file(key, range)
        .await
        .unwrap()
        .stream
        .try_collect()
        .await
        .unwrap();
    blocks.concat()
}

#[tokio::test]
async fn what_was_put_is_there_in_whole_and_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let (files, bytes) = (store(&folder), Bytes::from(vec![7; 200_000]));
    let key = tarball(&bytes);
    assert_eq!(files.size(&key).await.unwrap(), None);
    assert!(
        files
            .open_file(&key, None)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert_eq!(files.put(&key, bytes.clone()).await.unwrap(), Put::Created);
    assert_eq!(files.put(&key, bytes.clone()).await.unwrap(), Put::Renewed);
    assert_eq!(files.size(&key).await.unwrap(), Some(200_000));
    assert_eq!(read(&files, &key, None).await, bytes);
    assert_eq!(
        read(&files, &key, Some(100_000..170_001)).await.len(),
        70_001
    );
    let open = files.open_file(&key, Some(5..6)).await.unwrap();
    assert_eq!((open.size_bytes, open.range), (200_000, 5..6));
    let listed: Vec<_> = files.list().try_collect().await.unwrap();
    assert_eq!(listed, [(key.clone(), 200_000)]);
    files.delete(&key).await.unwrap();
    files.delete(&key).await.unwrap();
    assert_eq!(files.size(&key).await.unwrap(), None);
}

#[tokio::test]
async fn a_damaged_object_is_repaired_by_putting_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let (files, bytes) = (store(&folder), Bytes::from_static(b"whole"));
    let key = tarball(&bytes);
    files.put(&key, bytes.clone()).await.unwrap();
    fs_err::write(folder.path().join(key.path()), "eohlw").unwrap();
    assert_eq!(files.put(&key, bytes.clone()).await.unwrap(), Put::Renewed);
    assert_eq!(read(&files, &key, None).await, bytes);
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let error = Files::open(&StorageUrl::Folder("/nowhere/files".into())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file storage `/nowhere/files` cannot be used; `[storage] url` names it"
    );
}
