//! Writing a release down, in one transaction.

use skep_formats::name::RepositoryName;

use super::{Candidate, Outcome, Publish, PublishError, Published};
use crate::app::App;
use crate::catalog::owners::Level;
use crate::catalog::release::{Package, Release, StoredFile};
use crate::clock::Timestamp;
use crate::db::{self, Conn, DbError, Tx, in_tx};
use crate::ids::{PackageId, ReleaseId};

/// A publication can lose the package's row and then the release's.
const RACES: usize = 2;

/// Spares writing the files of a release that will be refused; the transaction asks again.
pub(super) async fn refuse_existing(
    app: &App,
    request: &Publish,
    candidate: &Candidate,
) -> Result<(), PublishError> {
    if request.replace {
        return Ok(());
    }
    let conn = &mut app.db.read().await?;
    match find(conn, candidate).await? {
        (_, Some(release)) if !is_same(candidate, &release) => {
            Err(PublishError::Exists(candidate.name.clone()))
        }
        _ => Ok(()),
    }
}

pub(super) async fn record(
    app: &App,
    request: &Publish,
    candidate: &Candidate,
) -> Result<Published, PublishError> {
    for _ in 0..RACES {
        match attempt(app, request, candidate).await {
            // Another publication was faster by a moment, and now its rows are there to be found.
            Err(PublishError::Database(DbError::Unique(_))) => {}
            result => return result,
        }
    }
    attempt(app, request, candidate).await
}

async fn attempt(
    app: &App,
    request: &Publish,
    candidate: &Candidate,
) -> Result<Published, PublishError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let (package, existing) = find(tx, candidate).await?;
        let mut notes = notes(tx, request, candidate, now).await?;
        let (outcome, release) = match existing {
            None => {
                let package = package_or_new(tx, app, (request, candidate), package, now).await?;
                let release = new_release(app, request, candidate, package.id, now);
                db::releases::insert(tx, &release, &candidate.checked.metadata).await?;
                (Outcome::Created, release)
            }
            Some(release) if !request.replace => {
                if !is_same(candidate, &release) {
                    return Err(PublishError::Exists(candidate.name.clone()));
                }
                notes.extend(note_on_date(request, &release));
                (Outcome::Unchanged, release)
            }
            Some(release) => replace(tx, request, candidate, release, (now, &mut notes)).await?,
        };
        if outcome != Outcome::Unchanged {
            let publisher = request.actor.user();
            db::releases::set_publisher(tx, release.id, publisher).await?;
        }
        audit(tx, app, request, candidate, (outcome, &release)).await?;
        Ok(Published {
            release: candidate.name.clone(),
            outcome,
            checksum: release.outer_checksum,
            size_bytes: release.size_bytes,
            published_at: release.published_at,
            notes,
        })
    })
}

/// Whether a release has these very files: whoever publishes it again has lost nothing.
fn is_same(candidate: &Candidate, release: &Release) -> bool {
    let docs = stored_docs(candidate);
    release.outer_checksum == candidate.checked.outer_checksum
        && (docs.is_none() || docs == release.docs)
}

fn note_on_date(request: &Publish, release: &Release) -> Option<String> {
    let (given, kept) = (request.published_at?, release.published_at);
    (given != kept).then(|| {
        format!(
            "it keeps its date {}: `--replace` with `--published-at` changes that",
            kept.date()
        )
    })
}

async fn audit(
    tx: &mut Tx,
    app: &App,
    request: &Publish,
    candidate: &Candidate,
    (outcome, release): (Outcome, &Release),
) -> Result<(), DbError> {
    let action = match outcome {
        Outcome::Created => "release.publish",
        Outcome::Replaced => "release.replace",
        Outcome::Unchanged => return Ok(()),
    };
    let subject = format!("{}/{}", candidate.name.repository, candidate.name);
    let detail = serde_json::json!({
        "checksum": release.outer_checksum,
        "size_bytes": release.size_bytes,
        "published_at": release.published_at,
    });
    tx.audit(&app.clock, &request.actor, (action, &subject), detail)
        .await
}

async fn find(
    conn: &mut Conn,
    candidate: &Candidate,
) -> Result<(Option<Package>, Option<Release>), DbError> {
    let name = &candidate.name;
    let package =
        db::packages::find_by_name(conn, name.repository.as_str(), name.package.as_str()).await?;
    let release = match &package {
        Some(package) => db::releases::find(conn, package.id, &name.version).await?,
        None => None,
    };
    Ok((package, release))
}

async fn package_or_new(
    tx: &mut Tx,
    app: &App,
    (request, candidate): (&Publish, &Candidate),
    package: Option<Package>,
    now: Timestamp,
) -> Result<Package, DbError> {
    if let Some(package) = package {
        return Ok(package);
    }
    let (repository, name) = (
        candidate.name.repository.clone(),
        candidate.name.package.clone(),
    );
    let package = Package {
        id: PackageId::new(&app.clock),
        repository,
        name,
        created_at: now,
    };
    db::packages::insert(tx, &package).await?;
    if let Some(user) = request.actor.user() {
        db::package_owners::upsert(tx, package.id, (user, Level::Full), now).await?;
    }
    Ok(package)
}

fn new_release(
    app: &App,
    request: &Publish,
    candidate: &Candidate,
    package: PackageId,
    now: Timestamp,
) -> Release {
    let checked = &candidate.checked;
    Release {
        id: ReleaseId::new(&app.clock),
        package,
        version: candidate.name.version.clone(),
        published_at: request.published_at.unwrap_or(now),
        updated_at: now,
        inner_checksum: checked.inner_checksum,
        outer_checksum: checked.outer_checksum,
        size_bytes: checked.size_bytes,
        dependencies: checked.dependencies.clone(),
        retirement: candidate.retirement.clone(),
        docs: stored_docs(candidate),
    }
}

/// The date of the first publication stays, and so do the retirement and docs that are not replaced.
async fn replace(
    tx: &mut Tx,
    request: &Publish,
    candidate: &Candidate,
    old: Release,
    (now, notes): (Timestamp, &mut Vec<String>),
) -> Result<(Outcome, Release), PublishError> {
    let checked = &candidate.checked;
    let new = Release {
        published_at: request.published_at.unwrap_or(old.published_at),
        updated_at: now,
        inner_checksum: checked.inner_checksum,
        outer_checksum: checked.outer_checksum,
        size_bytes: checked.size_bytes,
        dependencies: checked.dependencies.clone(),
        retirement: candidate.retirement.clone().or(old.retirement.clone()),
        docs: stored_docs(candidate).or(old.docs),
        ..old.clone()
    };
    if (Release {
        updated_at: old.updated_at,
        ..new.clone()
    }) == old
    {
        return Ok((Outcome::Unchanged, old));
    }
    if new.outer_checksum != old.outer_checksum {
        notes.extend(note_on_locks(tx, candidate).await?);
    }
    db::releases::update(tx, &new, Some(&checked.metadata)).await?;
    Ok((Outcome::Replaced, new))
}

async fn note_on_locks(conn: &mut Conn, candidate: &Candidate) -> Result<Option<String>, DbError> {
    let count = db::downloads::list_downloaders(conn, &candidate.name)
        .await?
        .len();
    let licenses = if count == 1 { "license" } else { "licenses" };
    let package = &candidate.name.package;
    Ok((count > 0).then(|| {
        format!(
            "{count} {licenses} downloaded the tarball that is now replaced: a lock file with it names its checksum, \
             and builds stop until `mix deps.update {package}` or `rebar3 upgrade`"
        )
    }))
}

fn stored_docs(candidate: &Candidate) -> Option<StoredFile> {
    let docs = candidate.docs.as_ref();
    docs.map(|(checksum, bytes)| StoredFile {
        checksum: *checksum,
        size_bytes: bytes.len() as u64,
    })
}

async fn notes(
    conn: &mut Conn,
    request: &Publish,
    candidate: &Candidate,
    now: Timestamp,
) -> Result<Vec<String>, DbError> {
    let mut notes = Vec::new();
    if let Some(date) = request.published_at.filter(|date| *date > now) {
        notes.push(format!("the publication date {date} lies in the future; licenses whose updates reach that far see the release at once"));
    }
    let repository: &RepositoryName = &candidate.name.repository;
    for name in &candidate.checked.homeless {
        if db::packages::find_by_name(conn, repository.as_str(), name)
            .await?
            .is_none()
        {
            notes.push(format!(
                "it depends on `{name}` without naming a repository, so tools look for it in `{repository}`, which has \
                 no such package"
            ));
        }
    }
    Ok(notes)
}
