//! What must agree with what, wherever the files come from.

use std::collections::BTreeSet;
use std::io::Read;

use skep_formats::key::PublicKey;
use skep_formats::registry::{self, Names, Package, Release, Versions};
use skep_formats::tarball::{Limits, TarballError, read_release};

use crate::commands::registry::folder::Resource;
use crate::commands::registry::report::Fault;

use super::Expected;

/// Why the index cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    #[error(transparent)]
    Verify(#[from] registry::VerifyError),
    #[error(transparent)]
    Decode(#[from] registry::DecodeError),
    #[error("it is of the repository `{found}`, not of `{expected}`")]
    Repository { found: String, expected: String },
}

/// Reads `names`, which says what the repository is called, unless that is known.
pub(super) fn open_names(
    file: &[u8],
    key: &PublicKey,
    expected: &Expected,
) -> Result<Names, IndexError> {
    let payload = registry::verify(file, key, registry::MAX_RESOURCE_SIZE)?;
    let names = Names::decode(&payload)?;
    match &expected.name {
        Some(expected) if *expected != names.repository => Err(IndexError::Repository {
            found: names.repository,
            expected: expected.clone(),
        }),
        _ => Ok(names),
    }
}

/// The keys are the same one, if one is expected.
pub(super) fn check_key(found: &PublicKey, expected: &Expected) -> Option<Fault> {
    let expected = expected.key.as_ref()?;
    let differs = found != expected;
    differs.then(|| {
        let (found, expected) = (found.fingerprint(), expected.fingerprint());
        let fault = format!("it is `{found}`, not `{expected}`");
        Fault::text(Resource::PublicKey, fault)
    })
}

/// `names` and `versions` have the same packages, each once.
pub(super) fn check_index(names: &Names, versions: &Versions) -> Vec<Fault> {
    let first = names.packages.iter().map(|entry| entry.name.as_str());
    let second = versions.packages.iter().map(|entry| entry.name.as_str());
    let (first, second) = (
        first.collect::<BTreeSet<_>>(),
        second.collect::<BTreeSet<_>>(),
    );
    let mut faults = Vec::new();
    let twice = "a package is in it twice";
    if first.len() != names.packages.len() {
        faults.push(Fault::text(Resource::Names, twice));
    }
    if second.len() != versions.packages.len() {
        faults.push(Fault::text(Resource::Versions, twice));
    }
    for name in first.difference(&second) {
        let fault = format!("`{name}` is missing, which `names` has");
        faults.push(Fault::text(Resource::Versions, fault));
    }
    for name in second.difference(&first) {
        let fault = format!("`{name}` is missing, which `versions` has");
        faults.push(Fault::text(Resource::Names, fault));
    }
    faults
}

/// How the versions of a package differ from what `versions` says of it.
fn difference(found: &[&str], said: &[&str]) -> String {
    let only = |these: &[&str], those: &[&str]| {
        let those: BTreeSet<&str> = those.iter().copied().collect();
        let only: Vec<&str> = these
            .iter()
            .copied()
            .filter(|version| !those.contains(version))
            .collect();
        only.join("`, `")
    };
    match (only(found, said), only(said, found)) {
        (here, there) if here.is_empty() && there.is_empty() => {
            "its versions are in another order than in `versions`, or one is there twice".to_owned()
        }
        (here, there) if there.is_empty() => format!("it has `{here}`, which `versions` lacks"),
        (here, there) if here.is_empty() => format!("it lacks `{there}`, which `versions` has"),
        (here, there) => {
            format!(
                "it has `{here}`, which `versions` lacks, and lacks `{there}`, which `versions` has"
            )
        }
    }
}

/// The package has the versions that `versions` says, with the same ones retired.
pub(super) fn check_package(package: &Package, entry: &registry::VersionsEntry) -> Vec<Fault> {
    let resource = Resource::Package(&package.name);
    let mut faults = Vec::new();
    let found: Vec<&str> = package
        .releases
        .iter()
        .map(|release| release.version.as_str())
        .collect();
    let said: Vec<&str> = entry.versions.iter().collect();
    if found != said {
        faults.push(Fault::text(resource, difference(&found, &said)));
        return faults;
    }
    let is_retired = |index| {
        entry
            .retired
            .iter()
            .any(|retired| i64::from(*retired) == index)
    };
    for (index, release) in (0..).zip(&package.releases) {
        if release.retired.is_some() != is_retired(index) {
            let fault = format!(
                "`versions` disagrees on whether `{}` is retired",
                release.version
            );
            faults.push(Fault::text(resource, fault));
        }
    }
    faults
}

/// What is wrong with a tarball.
#[derive(Debug, thiserror::Error)]
enum TarballFault {
    #[error(transparent)]
    Tarball(#[from] TarballError),
    #[error("its checksum is `{found}`, but the registry says `{expected}`")]
    Checksum { found: String, expected: String },
    #[error("it holds `{name}` `{version}`")]
    WrongName { name: String, version: String },
}

/// The tarball is whole, is the release and has the checksums that the registry says.
pub(super) fn check_tarball(tarball: impl Read, package: &str, release: &Release) -> Option<Fault> {
    let error = compare(tarball, package, release).err()?;
    let resource = Resource::Tarball(package, &release.version);
    Some(Fault::new(resource, &error))
}

fn compare(tarball: impl Read, package: &str, release: &Release) -> Result<(), TarballFault> {
    let info = read_release(tarball, &Limits::default())?;
    let outer = release
        .outer_checksum
        .map(|expected| (info.outer_checksum, expected));
    let inner = Some((info.inner_checksum, release.inner_checksum));
    for (found, expected) in [outer, inner].into_iter().flatten() {
        if found != expected {
            let (found, expected) = (found.to_string(), expected.to_string());
            return Err(TarballFault::Checksum { found, expected });
        }
    }
    let metadata = info.metadata;
    if metadata.name != package || metadata.version != release.version {
        let (name, version) = (metadata.name, metadata.version);
        return Err(TarballFault::WrongName { name, version });
    }
    Ok(())
}
