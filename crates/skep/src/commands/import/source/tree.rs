//! A registry of plain files, in a folder or a bucket.

use std::collections::HashSet;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::TryStreamExt;
use skep_formats::key::PublicKey;
use skep_formats::name::PackageName;
use skep_formats::registry::MAX_RESOURCE_SIZE;
use skep_formats::version::Version;
use skep_server::files::{Tree, TreeFile, TreePath};

use super::{Fetched, check_fingerprint};
use crate::output::hint;

/// A public key is a few hundred bytes.
const MAX_KEY_BYTES: u64 = 64 * 1024;

pub(super) struct TreeSource {
    tree: Tree,
    /// Which documentation there is.
    docs: HashSet<TreePath>,
}

impl TreeSource {
    pub(super) async fn open(tree: Tree) -> anyhow::Result<Self> {
        let is_docs = |path: &TreePath| matches!(path, TreePath::Docs(..));
        let mut docs = HashSet::new();
        let mut listed = std::pin::pin!(tree.list());
        while let Some(entry) = listed.try_next().await? {
            if is_docs(&entry.path) {
                docs.insert(entry.path);
            }
        }
        Ok(Self {
            tree: tree.clone(),
            docs,
        })
    }

    pub(super) fn place(&self) -> &str {
        self.tree.place()
    }

    /// The key that was given, else its own.
    pub(super) async fn key(
        &self,
        given: Option<PublicKey>,
        fingerprint: Option<&str>,
    ) -> anyhow::Result<PublicKey> {
        if let Some(key) = given {
            return Ok(key);
        }
        let place = self.place();
        let file = self.tree.get(&TreePath::PublicKey, MAX_KEY_BYTES).await?;
        let Some(file) = file else {
            let error = anyhow::anyhow!("there is no `public_key` in `{place}`");
            let advice = "if it is a registry, say its key with --public-key FILE";
            return Err(hint(error, advice));
        };
        let key = PublicKey::from_pem(&file.bytes);
        let key = key.with_context(|| format!("`public_key` in `{place}` cannot be used"))?;
        check_fingerprint(&key, fingerprint)?;
        Ok(key)
    }

    pub(super) async fn index(&self, path: &str) -> anyhow::Result<Bytes> {
        let path = TreePath::from_path(path);
        let path = path.context("it is no file of a registry")?;
        Ok(self.file(&path, MAX_RESOURCE_SIZE).await?.bytes)
    }

    pub(super) fn has_docs(&self, package: &PackageName, version: &Version) -> bool {
        let path = TreePath::Docs(package.clone(), version.clone());
        self.docs.contains(&path)
    }

    pub(super) async fn tarball(
        &self,
        package: &PackageName,
        version: &Version,
        most: u64,
    ) -> anyhow::Result<Fetched> {
        let path = TreePath::Tarball(package.clone(), version.clone());
        let file = self.file(&path, most).await?;
        Ok(Fetched {
            bytes: file.bytes,
            modified_at: Some(file.modified_at),
        })
    }

    pub(super) async fn docs(
        &self,
        package: &PackageName,
        version: &Version,
        most: u64,
    ) -> anyhow::Result<Option<Bytes>> {
        let path = TreePath::Docs(package.clone(), version.clone());
        Ok(self.tree.get(&path, most).await?.map(|file| file.bytes))
    }

    async fn file(&self, path: &TreePath, most: u64) -> anyhow::Result<TreeFile> {
        let file = self.tree.get(path, most).await?;
        file.with_context(|| format!("there is no `{path}` in `{}`", self.place()))
    }
}
