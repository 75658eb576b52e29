//! Prebuilt repositories: whether what is in their places can be served, and whether the database has
//! anything that cannot be with them.

use futures_util::{StreamExt, stream};

use super::{Check, Examination, sentence};
use crate::app::open_prebuilt;
use crate::config::{Config, Repository};
use crate::db::{self, Db, DbError};
use crate::files::TreePath;
use crate::prebuilt::{Prebuilt, Registry};

const NAME: &str = "prebuilt";
/// Tarballs read side by side.
const PARALLEL: usize = 8;
/// Further faults are only counted.
const SHOWN: usize = 20;

/// What is in the place of each.
pub(super) async fn places(config: &Config, examination: Examination) -> Vec<Check> {
    let mut checks = Vec::new();
    for repository in &config.repositories {
        match open_prebuilt(repository) {
            Ok(None) => {}
            Ok(Some(prebuilt)) => checks.extend(place(&prebuilt, examination).await),
            Err(error) => checks.push(Check::fail(
                NAME,
                sentence(&error),
                "`skep serve` refuses to start until this is corrected",
            )),
        }
    }
    checks
}

async fn place(prebuilt: &Prebuilt, examination: Examination) -> Vec<Check> {
    let source = prebuilt.source();
    let (name, place) = (&source.name, source.tree.place());
    let registry = match prebuilt.registry().await {
        Ok(registry) => registry,
        Err(error) => {
            return vec![Check::fail(
                NAME,
                format!("repository `{name}`: {}", sentence(&*error)),
                "a running server goes on with what it has, and a new one does not start: build the registry again \
                 where its key is, with `skep registry build`, and upload it with `skep registry sync`",
            )];
        }
    };
    let text = format!(
        "repository `{name}` has {} packages with {} releases in `{place}`, signed with {}, and all of it verifies",
        registry.packages().len(),
        registry.count_releases(),
        source.fingerprint
    );
    let mut checks = vec![Check::ok(NAME, text)];
    if examination.is_deep {
        checks.extend(tarballs(prebuilt, &registry).await);
    }
    checks
}

/// Reads every tarball and compares its checksum.
async fn tarballs(prebuilt: &Prebuilt, registry: &Registry) -> Vec<Check> {
    let source = prebuilt.source();
    let named = registry.packages().flat_map(|package| {
        let releases = package.entry.releases().iter();
        releases.map(|release| {
            let (name, version) = (package.entry.name().clone(), release.version().clone());
            (TreePath::Tarball(name, version), release.tarball.checksum())
        })
    });
    let named: Vec<_> = named.collect();
    let count = named.len();
    let faults: Vec<String> = stream::iter(named)
        .map(|(path, expected)| async move {
            match source.tree.open_file(&path, None).await {
                Err(error) => Some(sentence(&error)),
                Ok(file) => match crate::files::checksum(file).await {
                    Ok(found) if found == expected => None,
                    Ok(_) => Some(format!(
                        "`{path}` is not the file that was signed: its checksum is another"
                    )),
                    Err(error) => Some(format!("`{path}` cannot be read: {error}")),
                },
            }
        })
        .buffered(PARALLEL)
        .filter_map(|fault| async { fault })
        .collect()
        .await;
    if faults.is_empty() {
        let place = source.tree.place();
        return vec![Check::ok(
            NAME,
            format!("all {count} tarballs in `{place}` have the right checksum"),
        )];
    }
    let advice = "it is not served: upload the registry again with `skep registry sync`";
    let more = faults.len().saturating_sub(SHOWN);
    let shown = faults.into_iter().take(SHOWN);
    let mut checks: Vec<_> = shown
        .map(|fault| Check::fail(NAME, fault, advice))
        .collect();
    if more > 0 {
        checks.push(Check::fail(
            NAME,
            format!("and {more} more tarballs"),
            advice,
        ));
    }
    checks
}

/// What the database has from when a repository was managed.
pub(super) async fn remains(config: &Config, db: &Db) -> Vec<Check> {
    let mut checks = Vec::new();
    let prebuilt = config
        .repositories
        .iter()
        .filter(|it| it.prebuilt().is_some());
    for repository in prebuilt {
        match remains_of(repository, db).await {
            Ok(found) => checks.extend(found),
            Err(error) => checks.push(Check::fail(
                "database",
                error.to_string(),
                "see the database's own log",
            )),
        }
    }
    checks
}

async fn remains_of(repository: &Repository, db: &Db) -> Result<Vec<Check>, DbError> {
    let name = &repository.name;
    let mut conn = db.read().await?;
    let mut checks = Vec::new();
    let windows = db::licenses::list_windowed(&mut conn, name.as_str()).await?;
    if let Some(first) = windows.first() {
        checks.push(Check::fail(
            NAME,
            format!(
                "{} licenses with updates_until have products of repository `{name}`, `{first}` among them: they get nothing of it",
                windows.len()
            ),
            "change them with `skep license change ID --plan subscription`, or bring the repository under management",
        ));
    }
    let packages = db::packages::list(&mut conn).await?;
    let count = packages.iter().filter(|it| it.repository == *name).count();
    if count > 0 {
        checks.push(Check::warn(
            NAME,
            format!("the database has {count} packages of repository `{name}` from when it was managed: they are not served"),
            "give the repository `private_key_file` again to serve them",
        ));
    }
    Ok(checks)
}
