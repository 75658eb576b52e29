//! Brings a repository of plain files to a folder or a bucket, in an order in which nobody who reads
//! there ever finds an index that names a missing file: tarballs and docs, then packages, then the key,
//! `versions` and `names`; what is not wanted any more goes last. What is there and right is left alone,
//! so whatever stops it, doing it again goes on.

use std::error::Error;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use skep_formats::checksum::Sha256;
use skep_formats::key::PublicKey;

use crate::files::{FilesError, Tree, TreePath};

mod plan;

#[cfg(test)]
mod tests;

pub use plan::plan;

/// Requests to a bucket at one time.
const PARALLEL: usize = 8;
/// A public key is a few hundred bytes.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// A repository as it should be.
#[derive(Clone, Debug)]
pub struct Contents {
    /// Its name.
    pub repository: String,
    /// The key that signs it.
    pub key: PublicKey,
    /// Every file of it.
    pub files: Vec<Wanted>,
}

/// A file as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where.
    pub path: TreePath,
    /// How many bytes.
    pub size_bytes: u64,
    /// SHA-256 of them.
    pub checksum: Sha256,
}

/// What may be done to what is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Permissions {
    /// Tarballs may change under their names, and another repository or key may be replaced.
    pub may_replace: bool,
    /// Tarballs may change under their names, because the seller has replaced the releases.
    pub may_replace_tarballs: bool,
    /// What is not wanted may be removed.
    pub may_delete: bool,
}

/// What has to be done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is written, in the order in which it has to be.
    pub put: Vec<Wanted>,
    /// What is removed after that, in the order in which it has to be.
    pub delete: Vec<TreePath>,
    /// What nobody wants, and stays.
    pub left: Vec<TreePath>,
    /// How many files are there and right.
    pub unchanged: usize,
}

/// Why a repository was not brought there.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The folder or bucket does not do what it is asked.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The place belongs to another repository.
    #[error("`{place}` holds the repository `{found}`, not `{wanted}`; nothing was changed")]
    AnotherRepository {
        /// Where.
        place: String,
        /// Its name.
        found: String,
        /// The name of the one that was to come.
        wanted: String,
    },
    /// Customers trust another key there.
    #[error(
        "what is in `{place}` is signed by `{found}`, not by `{wanted}`: customers who added it would refuse the new one; nothing was changed"
    )]
    AnotherKey {
        /// Where.
        place: String,
        /// The fingerprint of the key there.
        found: String,
        /// The fingerprint of the one that was to come.
        wanted: String,
    },
    /// Releases that are out already are others there.
    #[error("{} in `{place}` with other bytes: customers have these releases with their checksums in lock files; nothing was changed\n  {}", match paths.len() {
        1 => "one tarball is".to_owned(),
        more => format!("{more} tarballs are"),
    }, paths.join("\n  "))]
    TarballsDiffer {
        /// Where.
        place: String,
        /// Which ones.
        paths: Vec<String>,
    },
    /// A file changed while it was being carried over.
    #[error(
        "`{0}` has changed meanwhile: do it again when nothing changes it; the index was not touched"
    )]
    SourceChanged(TreePath),
    /// A file cannot be read where it comes from.
    #[error("`{path}` cannot be read")]
    Source {
        /// Which one.
        path: TreePath,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// When a file is written: those of one stage in any order, all before those of the next.
const fn stage(path: &TreePath) -> u8 {
    match path {
        TreePath::Tarball(..) | TreePath::Docs(..) => 0,
        TreePath::Package(_) => 1,
        TreePath::PublicKey => 2,
        TreePath::Versions => 3,
        TreePath::Names => 4,
    }
}

/// Does what was planned. `read` gives the bytes of a file, `done` is told of each file that was written or
/// removed.
///
/// # Errors
/// The first that occurs; what was done stays, and nothing that comes after it in the order was begun.
pub async fn carry_out<R, E>(
    tree: &Tree,
    plan: &Plan,
    read: impl Fn(TreePath) -> R,
    done: impl Fn(&TreePath),
) -> Result<(), MirrorError>
where
    R: Future<Output = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let (read, done) = (&read, &done);
    for files in plan.put.chunk_by(|a, b| stage(&a.path) == stage(&b.path)) {
        stream::iter(files)
            .map(Ok)
            .try_for_each_concurrent(PARALLEL, |wanted| async move {
                put(tree, wanted, read).await?;
                done(&wanted.path);
                Ok::<_, MirrorError>(())
            })
            .await?;
    }
    for paths in plan.delete.chunk_by(|a, b| stage(a) == stage(b)) {
        stream::iter(paths)
            .map(Ok)
            .try_for_each_concurrent(PARALLEL, |path| async move {
                tree.delete(path).await?;
                done(path);
                Ok::<_, MirrorError>(())
            })
            .await?;
    }
    Ok(())
}

async fn put<R, E>(
    tree: &Tree,
    wanted: &Wanted,
    read: &impl Fn(TreePath) -> R,
) -> Result<(), MirrorError>
where
    R: Future<Output = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let path = &wanted.path;
    let bytes = read(path.clone())
        .await
        .map_err(|source| MirrorError::Source {
            path: path.clone(),
            source: source.into(),
        })?;
    // The index has been rendered for the bytes that were looked at first.
    if Sha256::of(&bytes) != wanted.checksum {
        return Err(MirrorError::SourceChanged(path.clone()));
    }
    Ok(tree.put(path, bytes).await?)
}
