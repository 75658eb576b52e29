use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use skep_formats::checksum::Sha256Hasher;

use super::{Check, Examination, sentence};
use crate::catalog::release::{Package, Release};
use crate::db::{self, Db, DbError};
use crate::files::{FileKey, Files, FilesError};

const NAME: &str = "files";
/// Files looked at side by side: storage may be far away.
const PARALLEL: usize = 16;
/// Further faults are only counted.
const SHOWN_FAULTS: usize = 20;

/// Every file that a release names is there and whole.
pub(super) async fn examine(
    files: Option<&Files>,
    db: &Db,
    examination: Examination,
) -> Vec<Check> {
    let (packages, releases) = match read(db).await {
        Ok(read) => read,
        Err(error) => {
            return vec![Check::fail(
                "database",
                error.to_string(),
                "restore the database from a backup",
            )];
        }
    };
    let mut checks = Vec::new();
    if let Some(files) = files {
        let named = named_files(&packages, &releases);
        checks.extend(compare(files, &named, examination).await);
        if examination.is_deep {
            checks.push(orphans(files, &named).await);
        }
    }
    checks.push(names(&packages));
    checks.extend(unsold(db, &packages).await);
    checks
}

async fn read(db: &Db) -> Result<(Vec<Package>, Vec<Release>), DbError> {
    let mut conn = db.read().await?;
    Ok((
        db::packages::list(&mut conn).await?,
        db::releases::list_all(&mut conn).await?,
    ))
}

fn named_files(packages: &[Package], releases: &[Release]) -> Vec<(FileKey, u64)> {
    let packages: HashMap<_, _> = packages
        .iter()
        .map(|package| (package.id, package))
        .collect();
    let mut named = Vec::with_capacity(releases.len());
    for release in releases {
        let Some(package) = packages.get(&release.package) else {
            continue;
        };
        named.push((release.tarball_key(package), release.size_bytes));
        if let Some((key, docs)) = release.docs_key(package).zip(release.docs) {
            named.push((key, docs.size_bytes));
        }
    }
    named
}

async fn compare(files: &Files, named: &[(FileKey, u64)], examination: Examination) -> Vec<Check> {
    let look = |(key, size_bytes): &(FileKey, u64)| {
        fault(files.clone(), key.clone(), *size_bytes, examination)
    };
    let faults: Vec<String> = stream::iter(named.iter().map(look))
        .buffered(PARALLEL)
        .filter_map(async |fault| fault)
        .collect()
        .await;
    if faults.is_empty() {
        let what = if examination.is_deep {
            "checksum"
        } else {
            "size"
        };
        return vec![Check::ok(
            NAME,
            format!(
                "all {} files of releases are in `{}` with the right {what}",
                named.len(),
                files.place()
            ),
        )];
    }
    let advice = "restore the file from a backup, or publish the release again from the same tarball with --replace";
    let more = faults.len().saturating_sub(SHOWN_FAULTS);
    let mut checks: Vec<Check> = faults
        .into_iter()
        .take(SHOWN_FAULTS)
        .map(|fault| Check::fail(NAME, fault, advice))
        .collect();
    if more > 0 {
        checks.push(Check::fail(NAME, format!("and {more} more files"), advice));
    }
    checks
}

async fn fault(
    files: Files,
    key: FileKey,
    size_bytes: u64,
    examination: Examination,
) -> Option<String> {
    match files.size(&key).await {
        Err(error) => Some(sentence(&error)),
        Ok(None) => Some(format!("`{}` is missing", key.path())),
        Ok(Some(size)) if size != size_bytes => Some(format!(
            "`{}` has {size} bytes instead of {size_bytes}",
            key.path()
        )),
        Ok(Some(_)) if examination.is_deep => match is_whole(&files, &key).await {
            Ok(true) => None,
            Ok(false) => Some(format!(
                "`{}` is damaged: its checksum is another",
                key.path()
            )),
            Err(error) => Some(error),
        },
        Ok(Some(_)) => None,
    }
}

async fn is_whole(files: &Files, key: &FileKey) -> Result<bool, String> {
    let open = files
        .open_file(key, None)
        .await
        .map_err(|error| sentence(&error))?;
    let hash = async |mut hasher: Sha256Hasher, bytes: bytes::Bytes| {
        hasher.update(&bytes);
        Ok(hasher)
    };
    match open.stream.try_fold(Sha256Hasher::new(), hash).await {
        Ok(hasher) => Ok(hasher.finish() == key.checksum()),
        // What comes from a bucket is compared on its way.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Ok(false),
        Err(error) => Err(format!("`{}` cannot be read: {error}", key.path())),
    }
}

/// Files that a publication left behind that did not finish, or a deletion.
async fn orphans(files: &Files, named: &[(FileKey, u64)]) -> Check {
    let named: HashSet<&FileKey> = named.iter().map(|(key, _)| key).collect();
    let found: Result<Vec<(FileKey, u64)>, FilesError> = files.list().try_collect().await;
    match found {
        Err(error) => Check::fail(NAME, sentence(&error), "correct `url` in [storage]"),
        Ok(found) => {
            let sizes: Vec<u64> = found
                .iter()
                .filter(|(key, _)| !named.contains(key))
                .map(|(_, size)| *size)
                .collect();
            let bytes: u64 = sizes.iter().sum();
            Check::ok(
                NAME,
                format!(
                    "{} files ({bytes} bytes) belong to no release, which is harmless",
                    sizes.len()
                ),
            )
        }
    }
}

fn names(packages: &[Package]) -> Check {
    let check = Check::ok(
        "names",
        format!("{} packages are published", packages.len()),
    );
    check.with_advice(
        "reserve their names on hex.pm: when rebar3 is refused here, it asks hex.pm for a package of the same name, \
         and would take a stranger's",
    )
}

/// Packages that nobody can get.
async fn unsold(db: &Db, packages: &[Package]) -> Option<Check> {
    let products = async { db::products::list(&mut db.read().await?).await }
        .await
        .ok()?;
    let is_sold = |package: &&Package| {
        products
            .iter()
            .any(|product| product.covers(package.repository.as_str(), package.name.as_str()))
    };
    let unsold: Vec<&str> = packages
        .iter()
        .filter(|package| !is_sold(package))
        .map(|package| package.name.as_str())
        .collect();
    let shown = unsold
        .iter()
        .take(SHOWN_FAULTS)
        .copied()
        .collect::<Vec<_>>()
        .join("`, `");
    let advice = "add them to a product with `skep product edit`, or ignore this";
    (!unsold.is_empty()).then(|| {
        Check::warn(
            "products",
            format!("no product has `{shown}`, so no license opens it"),
            advice,
        )
    })
}
