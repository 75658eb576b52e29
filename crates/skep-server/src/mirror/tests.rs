use std::cell::{Cell, RefCell};

use super::*;
use crate::config::StorageUrl;

const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/golden/keys/rsa2048_pub_spki.pem"
);

fn tree(folder: &tempfile::TempDir) -> Tree {
    Tree::open(&StorageUrl::Folder(folder.path().to_path_buf())).unwrap()
}

/// A repository whose files hold their own names, with what is added to them.
fn contents(files: &[&str], addition: &str) -> Contents {
    let wanted = |path: &&str| {
        let bytes = format!("{path}{addition}");
        Wanted {
            path: TreePath::from_path(path).unwrap(),
            size_bytes: bytes.len() as u64,
            checksum: Sha256::of(bytes.as_bytes()),
        }
    };
    Contents {
        repository: "acme".to_owned(),
        key: PublicKey::from_pem(fs_err::read(KEY).unwrap()).unwrap(),
        files: files.iter().map(wanted).collect(),
    }
}

async fn read(path: TreePath) -> Result<Bytes, std::io::Error> {
    Ok(path.path().into())
}

const FILES: [&str; 7] = [
    "names",
    "versions",
    "public_key",
    "packages/alpha",
    "packages/beta",
    "docs/alpha-1.0.0.tar.gz",
    "tarballs/alpha-1.0.0.tar",
];

#[tokio::test]
async fn the_index_comes_after_what_it_names_and_goes_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let tree = tree(&folder);
    let all = contents(&FILES, "");
    let first = plan(Some(&tree), &all, Permissions::default());
    let first = first.await.unwrap();
    let order = RefCell::new(Vec::new());
    let note = |path: &TreePath| order.borrow_mut().push(path.path());
    carry_out(&tree, &first, read, note).await.unwrap();
    let mut order = order.into_inner();
    order[..2].sort();
    order[2..4].sort();
    assert_eq!(
        order,
        [
            "docs/alpha-1.0.0.tar.gz",
            "tarballs/alpha-1.0.0.tar",
            "packages/alpha",
            "packages/beta",
            "public_key",
            "versions",
            "names"
        ]
    );
    let less = contents(&FILES[..3], "");
    let kept = plan(Some(&tree), &less, Permissions::default())
        .await
        .unwrap();
    assert_eq!(
        (kept.left.len(), kept.delete.len(), kept.unchanged),
        (4, 0, 3)
    );
    let permissions = Permissions {
        may_delete: true,
        ..Permissions::default()
    };
    let gone = plan(Some(&tree), &less, permissions).await.unwrap();
    let gone: Vec<_> = gone.delete.iter().map(TreePath::path).collect();
    assert_eq!(gone[..2], ["packages/alpha", "packages/beta"]);
    assert_eq!(gone.len(), 4);
}

#[tokio::test]
async fn what_was_interrupted_goes_on_and_touches_no_index_before() {
    let folder = tempfile::tempdir().unwrap();
    let tree = tree(&folder);
    let contents = contents(&FILES, "");
    let plan_now = async || {
        let plan = plan(Some(&tree), &contents, Permissions::default()).await;
        plan.unwrap()
    };
    let left = Cell::new(1);
    let failing = |path: TreePath| {
        let is_over = left.get() == 0;
        left.set(left.get().max(1) - 1);
        async move {
            match is_over {
                true => Err(std::io::Error::other("the network is gone")),
                false => read(path).await,
            }
        }
    };
    let error = carry_out(&tree, &plan_now().await, failing, |_| {}).await;
    assert!(
        matches!(error, Err(MirrorError::Source { .. })),
        "{error:?}"
    );
    assert!(tree.head(&TreePath::Names).await.unwrap().is_none());
    let rest = plan_now().await;
    // Those that were on their way together with the one that failed may not have arrived.
    assert!(rest.unchanged <= 1, "{rest:?}");
    carry_out(&tree, &rest, read, |_| {}).await.unwrap();
    let rest = plan_now().await;
    assert_eq!((rest.unchanged, rest.put.len()), (7, 0));
}

#[tokio::test]
async fn another_tarball_under_the_same_name_needs_permission() {
    let folder = tempfile::tempdir().unwrap();
    let tree = tree(&folder);
    let all = contents(&FILES, "");
    let before = plan(Some(&tree), &all, Permissions::default());
    carry_out(&tree, &before.await.unwrap(), read, |_| {})
        .await
        .unwrap();
    // As long as before, so that only the checksum tells.
    let mut other = contents(&FILES, "");
    other.files[6].checksum = Sha256::of(b"other");
    let refused = plan(Some(&tree), &other, Permissions::default()).await;
    let error = refused.unwrap_err().to_string();
    assert!(
        error.contains("tarballs/alpha-1.0.0.tar") && error.contains("nothing was changed"),
        "{error}"
    );
    let permissions = Permissions {
        may_replace_tarballs: true,
        ..Permissions::default()
    };
    let allowed = plan(Some(&tree), &other, permissions).await.unwrap();
    assert_eq!(allowed.put, [other.files[6].clone()]);
    // Its bytes are others than those that were looked at.
    let error = carry_out(&tree, &allowed, read, |_| {}).await.unwrap_err();
    assert!(matches!(error, MirrorError::SourceChanged(_)), "{error}");
}

#[tokio::test]
async fn a_place_of_another_key_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let tree = tree(&folder);
    let other = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/golden/keys/rsa4096_pub_spki.pem"
    );
    fs_err::copy(other, folder.path().join("public_key")).unwrap();
    let refused = plan(Some(&tree), &contents(&FILES, ""), Permissions::default()).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, MirrorError::AnotherKey { .. }), "{error}");
}
