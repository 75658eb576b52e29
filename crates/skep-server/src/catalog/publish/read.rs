//! From files to a release that may be published.

use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use skep_formats::checksum::Sha256;
use skep_formats::docs;
use skep_formats::name::RepositoryName;
use skep_formats::tarball::{self, Limits};

use super::{Candidate, Publish, PublishError, Rules, check};
use crate::app::App;

/// Reads and checks on a thread where that may take its time.
pub(super) async fn candidate(
    app: &App,
    request: &Publish,
    repository: RepositoryName,
) -> Result<Candidate, PublishError> {
    let (tarball, docs) = (request.tarball.clone(), request.docs.clone());
    let limits = limits(app);
    let read = move || read(&tarball, docs.as_deref(), repository, &limits);
    let result = tokio::task::spawn_blocking(read).await;
    result.map_err(|error| PublishError::Read(io::Error::other(error)))?
}

/// What the configuration allows.
pub(in crate::catalog) fn limits(app: &App) -> Limits {
    let limits = &app.config.limits;
    Limits {
        compressed: limits.tarball_bytes,
        unpacked: limits.unpacked_bytes,
        metadata: limits.metadata_bytes,
        ..Limits::default()
    }
}

fn read(
    path: &Path,
    docs_path: Option<&Path>,
    repository: RepositoryName,
    limits: &Limits,
) -> Result<Candidate, PublishError> {
    // Read once: a file that changes meanwhile cannot be checked as one and stored as another.
    let tarball = read_file(path, limits)?;
    let mut candidate = from_bytes(path, tarball, repository, Rules::Publishing, limits)?;
    candidate.docs = docs_path.map(|path| read_docs(path, limits)).transpose()?;
    Ok(candidate)
}

/// `path` is what messages call it.
pub(in crate::catalog) fn from_bytes(
    path: &Path,
    tarball: Bytes,
    repository: RepositoryName,
    rules: Rules,
    limits: &Limits,
) -> Result<Candidate, PublishError> {
    let info =
        tarball::read_release(&tarball[..], limits).map_err(|source| PublishError::Tarball {
            path: path.to_path_buf(),
            source,
        })?;
    let (name, checked) =
        check::check(&info, repository, rules).map_err(|problems| PublishError::Invalid {
            path: path.to_path_buf(),
            problems,
        })?;
    Ok(Candidate {
        name,
        checked,
        tarball,
        docs: None,
        retirement: None,
    })
}

fn read_docs(path: &Path, limits: &Limits) -> Result<(Sha256, Bytes), PublishError> {
    let bytes = read_file(path, limits)?;
    docs::check(&bytes[..], limits).map_err(|source| PublishError::Docs {
        path: path.to_path_buf(),
        source,
    })?;
    Ok((Sha256::of(&bytes), bytes))
}

/// One byte more than the limit is enough to be refused for it.
fn read_file(path: &Path, limits: &Limits) -> Result<Bytes, PublishError> {
    let file = fs_err::File::open(path).map_err(PublishError::Read)?;
    let mut bytes = Vec::new();
    file.take(limits.compressed.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(PublishError::Read)?;
    Ok(bytes.into())
}
