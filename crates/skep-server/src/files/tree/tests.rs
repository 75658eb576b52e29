use super::*;

fn tree(folder: &tempfile::TempDir) -> Tree {
    Tree::open(&StorageUrl::Folder(folder.path().to_path_buf())).unwrap()
}

fn path(text: &str) -> TreePath {
    TreePath::from_path(text).unwrap()
}

#[tokio::test]
async fn what_was_put_is_there_and_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let tree = tree(&folder);
    let names = path("names");
    assert_eq!(tree.get(&names, 100).await.unwrap(), None);
    assert_eq!(tree.head(&names).await.unwrap(), None);
    assert_eq!(tree.checksum(&names).await.unwrap(), None);
    tree.put(&names, Bytes::from_static(b"one")).await.unwrap();
    tree.put(&names, Bytes::from_static(b"three"))
        .await
        .unwrap();
    let found = tree.get(&names, 100).await.unwrap().unwrap();
    assert_eq!(found.bytes, "three");
    let head = tree.head(&names).await.unwrap().unwrap();
    assert_eq!((head.size_bytes, &head.etag), (5, &found.etag));
    assert_eq!(head.modified_at, found.modified_at);
    let checksum = tree.checksum(&names).await.unwrap();
    assert_eq!(checksum, Some(Sha256::of(b"three")));
    let error = tree.get(&names, 4).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`names` in `{}` has 5 bytes, the most is 4",
            folder.path().display()
        )
    );
    tree.delete(&names).await.unwrap();
    tree.delete(&names).await.unwrap();
    assert_eq!(tree.get(&names, 100).await.unwrap(), None);
}

#[tokio::test]
async fn only_files_of_a_repository_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let tree = tree(&folder);
    for own in [
        "packages/acme_pro",
        "tarballs/acme_pro-1.0.0.tar",
        "versions",
    ] {
        tree.put(&path(own), Bytes::from_static(b"x"))
            .await
            .unwrap();
    }
    fs_err::write(folder.path().join("index.html"), "x").unwrap();
    fs_err::create_dir(folder.path().join(".skep")).unwrap();
    fs_err::write(folder.path().join(".skep/manifest"), "x").unwrap();
    let listed: Vec<_> = tree.list().try_collect().await.unwrap();
    let mut listed: Vec<_> = listed.iter().map(|entry| entry.path.path()).collect();
    listed.sort();
    assert_eq!(
        listed,
        [
            "packages/acme_pro",
            "tarballs/acme_pro-1.0.0.tar",
            "versions"
        ]
    );
}

#[tokio::test]
async fn a_part_of_a_file_is_streamed() {
    let folder = tempfile::tempdir().unwrap();
    let tree = tree(&folder);
    let tarball = path("tarballs/acme_pro-1.0.0.tar");
    tree.put(&tarball, Bytes::from(vec![7; 200_000]))
        .await
        .unwrap();
    let file = tree.open_file(&tarball, Some(5..100_000)).await.unwrap();
    assert_eq!((file.size_bytes, file.range), (200_000, 5..100_000));
    let blocks: Vec<Bytes> = file.stream.try_collect().await.unwrap();
    assert_eq!(blocks.concat().len(), 99_995);
    let absent = tree.open_file(&path("names"), None).await.unwrap_err();
    assert!(absent.is_not_found());
}

#[tokio::test]
async fn what_a_killed_process_left_behind_goes() {
    let folder = tempfile::tempdir().unwrap();
    let tree = tree(&folder);
    fs_err::write(folder.path().join("names#1"), "half").unwrap();
    tree.put(&path("names"), Bytes::from_static(b"whole"))
        .await
        .unwrap();
    let left = fs_err::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1);
}

#[test]
fn a_missing_folder_is_named() {
    let error = Tree::open(&StorageUrl::Folder("/nowhere/repo".into())).unwrap_err();
    assert_eq!(error.to_string(), "there is no folder `/nowhere/repo`");
}
