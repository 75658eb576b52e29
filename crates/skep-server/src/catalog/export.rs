//! A repository as plain files: what every static web server can serve, without licenses.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use skep_formats::checksum::Sha256;
use skep_formats::name::RepositoryName;

use crate::app::{App, RepositoryError, Signer};
use crate::catalog::entry::PackageEntry;
use crate::catalog::release::{Package, Release};
use crate::catalog::views::{IndexKind, whole_index, whole_package};
use crate::db::{self, DbError};
use crate::files::{FileKey, FilesError, TreePath};
use crate::mirror::{Contents, Wanted};

/// Why a repository was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The configuration has no such repository.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Somebody else signs it.
    #[error("repository `{0}` is prebuilt: its plain files are where its `registry_url` says")]
    NoKey(RepositoryName),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A thread ended.
    #[error("the index could not be signed")]
    Sign(#[source] tokio::task::JoinError),
}

/// A repository, rendered for whoever sees everything.
#[derive(Debug)]
pub struct Export {
    /// What it is made of.
    pub contents: Contents,
    /// How many packages it has.
    pub packages: usize,
    /// How many releases they have.
    pub releases: usize,
    sources: HashMap<TreePath, Source>,
}

struct Loaded {
    package: Package,
    releases: Vec<Release>,
}

#[derive(Debug)]
enum Source {
    Rendered(Bytes),
    Stored(FileKey),
}

impl Export {
    /// Reads a file of it.
    ///
    /// # Errors
    /// The storage does not answer, or the file in it is damaged.
    pub async fn read(&self, app: &App, path: &TreePath) -> Result<Bytes, FilesError> {
        let key = match self.sources.get(path) {
            Some(Source::Rendered(bytes)) => return Ok(bytes.clone()),
            Some(Source::Stored(key)) => key,
            None => {
                return Err(FilesError::NotFound {
                    place: app.files.place().to_owned(),
                    path: path.path(),
                });
            }
        };
        let blocks = app.files.open_file(key, None).await?.stream;
        let blocks: Result<Vec<Bytes>, _> = blocks.try_collect().await;
        let blocks = blocks.map_err(|source| FilesError::Other {
            place: app.files.place().to_owned(),
            path: key.path(),
            doing: "read",
            source: source.into(),
        })?;
        Ok(blocks.concat().into())
    }
}

/// Renders a repository, the default one if `name` is none. Nothing is written.
///
/// # Errors
/// See [`ExportError`].
pub async fn export(app: &App, name: Option<&RepositoryName>) -> Result<Export, ExportError> {
    let name = app.repository(name)?.name.clone();
    let signer = app.signer(&name).cloned();
    let signer = signer.ok_or_else(|| ExportError::NoKey(name.clone()))?;
    let loaded = load(app, &name).await?;
    let rendered = tokio::task::spawn_blocking(move || render(&name, &signer, loaded)).await;
    rendered.map_err(ExportError::Sign)
}

async fn load(app: &App, name: &RepositoryName) -> Result<Vec<Loaded>, DbError> {
    let conn = &mut app.db.read().await?;
    let mut packages = db::packages::list(conn).await?;
    packages.retain(|package| package.repository == *name);
    let ids: Vec<_> = packages.iter().map(|package| package.id).collect();
    let mut releases: HashMap<_, Vec<_>> = HashMap::new();
    for release in db::releases::list_of(conn, &ids).await? {
        releases.entry(release.package).or_default().push(release);
    }
    // A package without releases is just being deleted.
    let loaded = |package: Package| {
        let releases = releases.remove(&package.id)?;
        Some(Loaded { package, releases })
    };
    Ok(packages.into_iter().filter_map(loaded).collect())
}

fn render(name: &RepositoryName, signer: &Signer, loaded: Vec<Loaded>) -> Export {
    let mut export = Export {
        contents: Contents {
            repository: name.to_string(),
            key: signer.public_key.clone(),
            files: Vec::new(),
        },
        packages: loaded.len(),
        releases: loaded.iter().map(|it| it.releases.len()).sum(),
        sources: HashMap::new(),
    };
    let mut entries = Vec::new();
    for Loaded { package, releases } in loaded {
        for release in &releases {
            export.release(&package, release);
        }
        let path = TreePath::Package(package.name.clone());
        let entry = PackageEntry::new(package, releases);
        export.rendered(path, whole_package(signer, &entry));
        entries.push(Arc::new(entry));
    }
    let index = |kind| whole_index(signer, kind, name.as_str(), &entries);
    export.rendered(TreePath::Versions, index(IndexKind::Versions));
    export.rendered(TreePath::Names, index(IndexKind::Names));
    export.rendered(TreePath::PublicKey, signer.public_key.to_pem().into());
    export
}

impl Export {
    fn release(&mut self, package: &Package, release: &Release) {
        let (name, version) = (&package.name, &release.version);
        let tarball = TreePath::Tarball(name.clone(), version.clone());
        self.stored(tarball, release.tarball_key(package), release.size_bytes);
        if let (Some(key), Some(docs)) = (release.docs_key(package), release.docs) {
            let path = TreePath::Docs(name.clone(), version.clone());
            self.stored(path, key, docs.size_bytes);
        }
    }

    fn rendered(&mut self, path: TreePath, bytes: Bytes) {
        self.contents.files.push(Wanted {
            path: path.clone(),
            size_bytes: bytes.len() as u64,
            checksum: Sha256::of(&bytes),
        });
        self.sources.insert(path, Source::Rendered(bytes));
    }

    fn stored(&mut self, path: TreePath, key: FileKey, size_bytes: u64) {
        self.contents.files.push(Wanted {
            path: path.clone(),
            size_bytes,
            checksum: key.checksum(),
        });
        self.sources.insert(path, Source::Stored(key));
    }
}
