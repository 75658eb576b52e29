//! The files of a built registry.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use rayon::prelude::*;
use skep_formats::checksum::Sha256;
use skep_formats::key::PublicKey;
use skep_formats::registry::{Names, Package, Release, Versions, VersionsEntry};
use skep_server::files::TreePath;
use skep_server::mirror::{Contents, Wanted};

use super::super::folder::{Folder, Resource};

/// Everything that the index names, and documentation of it. The folder was verified just before.
pub(super) fn contents(root: &Path, folder: &Folder) -> anyhow::Result<Contents> {
    let key_file = fs_err::read(folder.path(Resource::PublicKey))?;
    let key = PublicKey::from_pem(&key_file).context("`public_key` cannot be used")?;
    let versions_file = fs_err::read(folder.path(Resource::Versions))?;
    let names_file = fs_err::read(folder.path(Resource::Names))?;
    let payload = skep_formats::registry::verify(
        &names_file,
        &key,
        skep_formats::registry::MAX_RESOURCE_SIZE,
    )?;
    let repository = Names::decode(&payload)?.repository;
    let versions = Versions::open(&versions_file, &key, &repository)?;
    let of_packages = versions.packages.par_iter();
    let of_packages = of_packages.map(|entry| package(root, (&key, &repository), entry));
    let of_packages: Vec<Vec<Wanted>> = of_packages.collect::<anyhow::Result<_>>()?;
    let mut files = of_packages.concat();
    files.push(rendered(TreePath::PublicKey, &key_file));
    files.push(rendered(TreePath::Versions, &versions_file));
    files.push(rendered(TreePath::Names, &names_file));
    Ok(Contents {
        repository,
        key,
        files,
    })
}

fn package(
    root: &Path,
    (key, repository): (&PublicKey, &str),
    entry: &VersionsEntry,
) -> anyhow::Result<Vec<Wanted>> {
    let path = tree_path(&format!("packages/{}", entry.name))?;
    let file = fs_err::read(root.join(path.path()))?;
    let package = Package::open(&file, key, repository, &entry.name)
        .with_context(|| format!("`{path}` has changed meanwhile"))?;
    let mut files = vec![rendered(path, &file)];
    for release in &package.releases {
        files.push(tarball(root, &entry.name, release)?);
        files.extend(docs(root, &entry.name, &release.version)?);
    }
    Ok(files)
}

fn tarball(root: &Path, name: &str, release: &Release) -> anyhow::Result<Wanted> {
    let path = tree_path(&format!("tarballs/{name}-{}.tar", release.version))?;
    let file = root.join(path.path());
    match release.outer_checksum {
        Some(checksum) => Ok(Wanted {
            size_bytes: fs_err::metadata(file)?.len(),
            path,
            checksum,
        }),
        // An old registry does not say it.
        None => Ok(rendered(path, &fs_err::read(file)?)),
    }
}

fn docs(root: &Path, name: &str, version: &str) -> anyhow::Result<Option<Wanted>> {
    let path = tree_path(&format!("docs/{name}-{version}.tar.gz"))?;
    match fs_err::read(root.join(path.path())) {
        Ok(bytes) => Ok(Some(rendered(path, &bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn rendered(path: TreePath, bytes: &[u8]) -> Wanted {
    Wanted {
        path,
        size_bytes: bytes.len() as u64,
        checksum: Sha256::of(bytes),
    }
}

fn tree_path(path: &str) -> anyhow::Result<TreePath> {
    TreePath::from_path(path)
        .with_context(|| format!("`{path}` is no path that clients would ask for"))
}

/// One file, as it is now.
pub(super) async fn read(root: PathBuf, path: TreePath) -> io::Result<Bytes> {
    let read = move || fs_err::read(root.join(path.path()));
    let bytes = tokio::task::spawn_blocking(read).await;
    Ok(bytes.map_err(io::Error::other)??.into())
}
