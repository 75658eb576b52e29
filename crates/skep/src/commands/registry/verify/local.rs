//! A repository in a directory.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use fs_err::File;
use rayon::prelude::*;
use skep_formats::key::PublicKey;
use skep_formats::name::PackageName;
use skep_formats::registry::{Package, Release, Versions, VersionsEntry};
use skep_formats::version::Version;

use super::super::folder::{Folder, Resource};
use super::super::report::Fault;
use super::super::scan::{Tarballs, package_files};
use super::checks::{check_index, check_key, check_package, check_tarball, open_names};
use super::{Expected, Findings};

pub(super) fn verify(directory: &Path, expected: &Expected) -> anyhow::Result<Findings> {
    let folder = Folder::new(directory);
    let mut findings = Findings::default();
    let key = key(&folder, expected, &mut findings)?;
    findings.key = key.fingerprint();
    let names = fs_err::read(folder.path(Resource::Names))?;
    let names = open_names(&names, &key, expected).context("`names` cannot be used")?;
    let versions = fs_err::read(folder.path(Resource::Versions))?;
    let versions = Versions::open(&versions, &key, &names.repository);
    let versions = versions.context("`versions` cannot be used")?;
    findings.faults.extend(check_index(&names, &versions));
    findings.repository = names.repository;
    let checked: Vec<(usize, Vec<Fault>)> = versions
        .packages
        .par_iter()
        .map(|entry| check(&folder, &key, &findings.repository, entry))
        .collect();
    findings.packages = checked.len();
    for (releases, faults) in checked {
        findings.releases += releases;
        findings.faults.extend(faults);
    }
    findings.notes = surplus(&folder, &versions)?;
    Ok(findings)
}

/// The key that is expected, else the repository's own.
fn key(folder: &Folder, expected: &Expected, findings: &mut Findings) -> anyhow::Result<PublicKey> {
    let own = fs_err::read(folder.path(Resource::PublicKey));
    let own = own.map_err(anyhow::Error::from).and_then(|pem| {
        PublicKey::from_pem(&pem).context("the repository's `public_key` cannot be used")
    });
    match (own, &expected.key) {
        (Ok(own), None) => Ok(own),
        (Err(error), None) => Err(error),
        (Ok(own), Some(key)) => {
            findings.faults.extend(check_key(&own, expected));
            Ok(key.clone())
        }
        (Err(error), Some(key)) => {
            let fault = Fault::text(Resource::PublicKey, format!("{error:#}"));
            findings.faults.push(fault);
            Ok(key.clone())
        }
    }
}

/// How many releases a package has and what is wrong with it.
fn check(
    folder: &Folder,
    key: &PublicKey,
    repository: &str,
    entry: &VersionsEntry,
) -> (usize, Vec<Fault>) {
    // Before it becomes part of a path.
    if let Err(error) = PackageName::parse(&entry.name) {
        return (0, vec![Fault::new(Resource::Versions, &error)]);
    }
    let resource = Resource::Package(&entry.name);
    let package = fs_err::read(folder.path(resource)).map_err(|error| Fault::new(resource, &error));
    let package = package.and_then(|file| {
        Package::open(&file, key, repository, &entry.name)
            .map_err(|error| Fault::new(resource, &error))
    });
    match package {
        Err(fault) => (0, vec![fault]),
        Ok(package) => {
            let mut faults = check_package(&package, entry);
            let tarball = |release| tarball(folder, &entry.name, release);
            faults.extend(
                package
                    .releases
                    .par_iter()
                    .filter_map(tarball)
                    .collect::<Vec<_>>(),
            );
            (package.releases.len(), faults)
        }
    }
}

fn tarball(folder: &Folder, name: &str, release: &Release) -> Option<Fault> {
    let resource = Resource::Tarball(name, &release.version);
    if let Err(error) = Version::parse(&release.version) {
        return Some(Fault::new(Resource::Package(name), &error));
    }
    match File::open(folder.path(resource)) {
        Ok(file) => check_tarball(file, name, release),
        Err(error) => Some(Fault::new(resource, &error)),
    }
}

/// Files that no client will ever ask for.
fn surplus(folder: &Folder, versions: &Versions) -> anyhow::Result<Vec<String>> {
    let named: BTreeSet<(&str, &str)> = versions
        .packages
        .iter()
        .flat_map(|entry| {
            entry
                .versions
                .iter()
                .map(|version| (entry.name.as_str(), version))
        })
        .collect();
    let packages: BTreeSet<&str> = versions
        .packages
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let mut notes = Vec::new();
    let mut note = |resource: Resource<'_>| notes.push(format!("{resource} is not in the index"));
    for (name, tarballs) in &Tarballs::scan(folder)?.packages {
        for tarball in tarballs {
            if !named.contains(&(name.as_str(), tarball.text.as_str())) {
                note(Resource::Tarball(name, &tarball.text));
            }
        }
    }
    for name in package_files(folder)?.keys() {
        if !packages.contains(name.as_str()) {
            note(Resource::Package(name));
        }
    }
    Ok(notes)
}
