//! Publishing a release: read, check, store the files, and only then write it down. The registry is
//! rendered from what is written down, so it never names a tarball that is not there.

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use skep_formats::checksum::Sha256;
use skep_formats::name::RepositoryName;
use skep_formats::registry::Retirement;

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::files::FileKey;
use crate::licensing::grant::ReleaseName;

mod check;
mod error;
mod read;
mod record;

#[cfg(test)]
pub(crate) mod tests;

pub use check::Problem;
pub(in crate::catalog) use check::{Checked, Rules};
pub use error::PublishError;
pub(in crate::catalog) use read::{from_bytes, limits};

/// While one release waits for the disk, others are read and checked.
const PARALLEL: usize = 4;

/// What to publish.
#[derive(Clone, Debug)]
pub struct Publish {
    /// The package tarball.
    pub tarball: PathBuf,
    /// The docs tarball.
    pub docs: Option<PathBuf>,
    /// `None` = the default one.
    pub repository: Option<RepositoryName>,
    /// Whether it may take the place of the same version.
    pub replace: bool,
    /// The date it is published under; `None` = now, or the date of the release it replaces.
    pub published_at: Option<Timestamp>,
    /// Who does it.
    pub actor: Actor,
}

/// What was published.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    /// The release.
    #[serde(flatten)]
    pub release: ReleaseName,
    /// What became of it.
    pub outcome: Outcome,
    /// SHA-256 of the tarball.
    pub checksum: Sha256,
    /// The size of the tarball.
    pub size_bytes: u64,
    /// The date it counts under.
    pub published_at: Timestamp,
    /// What the seller should know.
    pub notes: Vec<String>,
}

/// What became of a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A new release.
    Created,
    /// It took the place of another tarball of this version.
    Replaced,
    /// Exactly this was there already.
    Unchanged,
}

/// A release that may be published, read and checked, with nothing written yet.
pub struct Candidate {
    name: ReleaseName,
    pub(in crate::catalog) checked: Checked,
    tarball: Bytes,
    pub(in crate::catalog) docs: Option<(Sha256, Bytes)>,
    /// What an import brings along; publishing retires nothing.
    pub(in crate::catalog) retirement: Option<Retirement>,
}

impl Candidate {
    /// The name its tarball says.
    #[must_use]
    pub const fn name(&self) -> &ReleaseName {
        &self.name
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Candidate").field(&self.name).finish()
    }
}

/// Publishes one release. When this returns, the release survives a power cut, and every node shows it
/// within a second; when it fails, everything is as before.
///
/// # Errors
/// See [`PublishError`].
pub async fn publish(app: &App, request: &Publish) -> Result<Published, PublishError> {
    let candidate = read(app, request).await?;
    publish_candidate(app, request, &candidate).await
}

/// The first half of [`publish`]: reads and checks the files.
///
/// # Errors
/// See [`PublishError`].
pub async fn read(app: &App, request: &Publish) -> Result<Candidate, PublishError> {
    let repository = app
        .managed_repository(request.repository.as_ref())?
        .name
        .clone();
    read::candidate(app, request, repository).await
}

/// The second half of [`publish`]: stores the files and writes the release down.
///
/// # Errors
/// See [`PublishError`].
pub async fn publish_candidate(
    app: &App,
    request: &Publish,
    candidate: &Candidate,
) -> Result<Published, PublishError> {
    record::refuse_existing(app, request, candidate).await?;
    store(app, candidate).await?;
    record::record(app, request, candidate).await
}

/// Publishes many releases, a few of them side by side; results come in the order of the requests.
pub fn publish_all<'a>(
    app: &'a App,
    requests: &'a [Publish],
) -> impl Stream<Item = Result<Published, PublishError>> + 'a {
    stream::iter(requests)
        .map(|request| publish(app, request))
        .buffered(PARALLEL)
}

/// Whatever fails after this leaves files behind that nothing names: harmless.
async fn store(app: &App, candidate: &Candidate) -> Result<(), PublishError> {
    let ReleaseName {
        repository,
        package,
        version,
    } = candidate.name.clone();
    if let Some((checksum, bytes)) = candidate.docs.clone() {
        let (repository, package, version) = (repository.clone(), package.clone(), version.clone());
        app.files
            .put(
                &FileKey::Docs {
                    repository,
                    package,
                    version,
                    checksum,
                },
                bytes,
            )
            .await?;
    }
    let checksum = candidate.checked.outer_checksum;
    app.files
        .put(
            &FileKey::Tarball {
                repository,
                package,
                version,
                checksum,
            },
            candidate.tarball.clone(),
        )
        .await?;
    Ok(())
}
