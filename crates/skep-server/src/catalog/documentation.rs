//! Documentation of a release that is there already: published, replaced and deleted by itself.

use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use serde::Serialize;
use skep_formats::checksum::Sha256;
use skep_formats::docs::{self, DocsError};
use skep_formats::tarball::Limits;

use crate::app::App;
use crate::catalog::find::{self, CatalogError};
use crate::catalog::publish;
use crate::catalog::release::{Release, StoredFile};
use crate::catalog::retire::Target;
use crate::db::{self, DbError, in_tx};
use crate::files::{FileKey, FilesError};

/// What was published.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedDocs {
    /// The stored file.
    pub docs: StoredFile,
    /// Whether it took the place of other documentation.
    pub is_replacement: bool,
}

/// Why documentation was not published; what was there stays.
#[derive(Debug, thiserror::Error)]
pub enum PublishDocsError {
    /// No such repository, package or release, or the database failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The file cannot be read; the cause names it.
    #[error("the documentation cannot be read")]
    Read(#[source] io::Error),
    /// Not a docs tarball.
    #[error("this is no documentation that can be published")]
    Docs(#[from] DocsError),
    /// The file store failed.
    #[error(transparent)]
    Files(#[from] FilesError),
}

impl From<DbError> for PublishDocsError {
    fn from(error: DbError) -> Self {
        Self::Catalog(error.into())
    }
}

/// Publishes documentation of a release, in place of what it has.
///
/// # Errors
/// See [`PublishDocsError`].
pub async fn publish(
    app: &App,
    target: &Target,
    path: &Path,
) -> Result<PublishedDocs, PublishDocsError> {
    find_release(app, target).await?;
    let bytes = read(path, publish::limits(app)).await?;
    let docs = StoredFile {
        checksum: Sha256::of(&bytes),
        size_bytes: bytes.len() as u64,
    };
    let repository = app
        .managed_repository(target.repository.as_ref())
        .map_err(CatalogError::from)?
        .name
        .clone();
    let key = FileKey::Docs {
        repository,
        package: target.package.clone(),
        version: target.version.clone(),
        checksum: docs.checksum,
    };
    // Whatever fails after this leaves a file behind that nothing names: harmless.
    app.files.put(&key, bytes).await?;
    let before = set(app, target, Some(docs)).await?;
    Ok(PublishedDocs {
        docs,
        is_replacement: before.docs.is_some(),
    })
}

/// Deletes the documentation of a release; whether it had any.
///
/// # Errors
/// No such release, or the database failed.
pub async fn delete(app: &App, target: &Target) -> Result<bool, CatalogError> {
    let before = set(app, target, None).await?;
    Ok(before.docs.is_some())
}

/// Spares reading the documentation of a release that is not there.
async fn find_release(app: &App, target: &Target) -> Result<(), CatalogError> {
    let repository = &app.managed_repository(target.repository.as_ref())?.name;
    let conn = &mut app.db.read().await?;
    let package = find::package(conn, repository, &target.package).await?;
    find::release(conn, &package, &target.version)
        .await
        .map(|_| ())
}

async fn read(path: &Path, limits: Limits) -> Result<Bytes, PublishDocsError> {
    let path = path.to_path_buf();
    let read = move || -> Result<Bytes, PublishDocsError> {
        let file = fs_err::File::open(path).map_err(PublishDocsError::Read)?;
        let mut bytes = Vec::new();
        // One byte more than the limit is enough to be refused for it.
        file.take(limits.compressed.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(PublishDocsError::Read)?;
        docs::check(&bytes[..], &limits)?;
        Ok(bytes.into())
    };
    let result = tokio::task::spawn_blocking(read).await;
    result.map_err(|error| PublishDocsError::Read(io::Error::other(error)))?
}

/// The release as it was before.
async fn set(
    app: &App,
    target: &Target,
    docs: Option<StoredFile>,
) -> Result<Release, CatalogError> {
    let repository = &app.managed_repository(target.repository.as_ref())?.name;
    in_tx!(app.db, |tx| {
        let package = find::package(tx, repository, &target.package).await?;
        let before = find::release(tx, &package, &target.version).await?;
        if before.docs == docs {
            return Ok(before);
        }
        let after = Release {
            docs,
            updated_at: app.clock.now(),
            ..before.clone()
        };
        db::releases::update(tx, &after, None).await?;
        let action = match docs {
            Some(_) => "docs.publish",
            None => "docs.delete",
        };
        let subject = format!("{repository}/{} {}", package.name, before.version);
        let detail = serde_json::json!({
            "checksum": docs.or(before.docs).map(|docs| docs.checksum),
        });
        tx.audit(&app.clock, &target.actor, (action, &subject), detail)
            .await?;
        Ok(before)
    })
}
