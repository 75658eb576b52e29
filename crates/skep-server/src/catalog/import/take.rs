//! Taking one release over.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use skep_formats::docs;
use skep_formats::tarball::Limits;

use super::*;
use crate::app::App;
use crate::catalog::find;
use crate::catalog::publish::{
    Candidate, Publish, Published, Rules, from_bytes, limits, publish_candidate,
};
use crate::catalog::release::{Release, StoredFile};
use crate::catalog::retire::Target;
use crate::db::audit::Actor;
use crate::db::{self, in_tx};
use crate::files::FileKey;

/// A release with its files, fetched from where it was.
#[derive(Clone, Debug)]
pub struct Taken {
    /// As the registry there names it.
    pub offer: Offer,
    /// Where it goes.
    pub repository: RepositoryName,
    /// The tarball, byte for byte.
    pub tarball: Bytes,
    /// Its documentation, if there is any.
    pub docs: Option<Bytes>,
    /// When it was first published; `None` = now, or the date of the release it replaces.
    pub published_at: Option<Timestamp>,
    /// Whether it may take the place of the same version.
    pub replace: bool,
}

/// Checks a release against its registry entry and records it: bytes, checksums, dependencies and
/// retirement are those of the entry. Bad documentation is left out, and a note says so.
///
/// # Errors
/// See [`ImportError`].
pub async fn take(app: &App, taken: Taken) -> Result<Published, ImportError> {
    let request = Publish {
        tarball: PathBuf::from(format!(
            "tarballs/{}-{}.tar",
            taken.offer.package, taken.offer.version
        )),
        docs: None,
        repository: Some(taken.repository.clone()),
        replace: taken.replace,
        published_at: taken.published_at,
        actor: Actor::Cli,
    };
    let limits = limits(app);
    let label = request.tarball.clone();
    let check = move || candidate(taken, &label, &limits);
    let checked = tokio::task::spawn_blocking(check).await;
    let (candidate, note) =
        checked.map_err(|error| PublishError::Read(std::io::Error::other(error)))??;
    let mut published = publish_candidate(app, &request, &candidate).await?;
    published.notes.extend(note);
    Ok(published)
}

fn candidate(
    taken: Taken,
    label: &Path,
    limits: &Limits,
) -> Result<(Candidate, Option<String>), ImportError> {
    let Taken { offer, docs, .. } = taken;
    let name = offer.name(&taken.repository);
    // Before anything is unpacked: what is not the seller's is not looked at.
    if let Some(listed) = offer.listed.outer_checksum {
        same("outer", Sha256::of(&taken.tarball), listed)?;
    }
    let (tarball, repository) = (taken.tarball, taken.repository);
    let mut candidate = from_bytes(label, tarball, repository, Rules::Importing, limits)?;
    let checked = &mut candidate.checked;
    same("inner", checked.inner_checksum, offer.listed.inner_checksum)?;
    checked.dependencies = offer.listed.dependencies;
    // The registry there has answered that already.
    checked.homeless = Vec::new();
    candidate.retirement = offer.listed.retired;
    if *candidate.name() != name {
        return Err(ImportError::AnotherRelease(candidate.name().clone()));
    }
    let note = docs.and_then(|bytes| match docs::check(&bytes[..], limits) {
        Ok(_) => {
            candidate.docs = Some((Sha256::of(&bytes), bytes));
            None
        }
        Err(error) => Some(format!("its documentation was left out: {error}")),
    });
    Ok((candidate, note))
}

fn same(kind: &'static str, found: Sha256, listed: Sha256) -> Result<(), ImportError> {
    match found == listed {
        true => Ok(()),
        false => Err(ImportError::Checksum {
            kind,
            found,
            listed,
        }),
    }
}

/// Changes a release whose tarball stays, and gives what it is now. `docs` is the documentation that an
/// amendment wants, if it was there.
///
/// # Errors
/// No such release, bad documentation, or the database or storage failed.
pub async fn amend(
    app: &App,
    target: &Target,
    amendment: &Amendment,
    docs: Option<Bytes>,
) -> Result<Release, ImportError> {
    let repository = app
        .managed_repository(target.repository.as_ref())?
        .name
        .clone();
    let docs = match docs {
        Some(bytes) => Some(store_docs(app, &repository, target, bytes).await?),
        None => None,
    };
    in_tx!(app.db, |tx| {
        let package = find::package(tx, &repository, &target.package).await?;
        let before = find::release(tx, &package, &target.version).await?;
        let retirement = amendment.retirement.clone();
        let after = Release {
            retirement: retirement.or(before.retirement.clone()),
            published_at: amendment.published_at.unwrap_or(before.published_at),
            docs: docs.or(before.docs),
            updated_at: app.clock.now(),
            ..before
        };
        db::releases::update(tx, &after, None).await?;
        let subject = format!("{repository}/{} {}", package.name, after.version);
        let detail = serde_json::json!({
            "published_at": amendment.published_at,
            "retired": amendment.retirement.is_some(),
            "docs": docs.map(|docs| docs.checksum),
        });
        tx.audit(
            &app.clock,
            &target.actor,
            ("release.amend", &subject),
            detail,
        )
        .await?;
        Ok::<_, ImportError>(after)
    })
}

async fn store_docs(
    app: &App,
    repository: &RepositoryName,
    target: &Target,
    bytes: Bytes,
) -> Result<StoredFile, ImportError> {
    let (limits, checked) = (limits(app), bytes.clone());
    let check = move || docs::check(&checked[..], &limits).map(|_| ());
    let result = tokio::task::spawn_blocking(check).await;
    let result = result.map_err(|error| PublishError::Read(std::io::Error::other(error)))?;
    result.map_err(|source| PublishError::Docs {
        path: PathBuf::from(format!("docs/{}-{}.tar.gz", target.package, target.version)),
        source,
    })?;
    let docs = StoredFile {
        checksum: Sha256::of(&bytes),
        size_bytes: bytes.len() as u64,
    };
    let key = FileKey::Docs {
        repository: repository.clone(),
        package: target.package.clone(),
        version: target.version.clone(),
        checksum: docs.checksum,
    };
    app.files.put(&key, bytes).await?;
    Ok(docs)
}
