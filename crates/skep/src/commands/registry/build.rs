//! `skep registry build`: the signed index of a directory of tarballs.
//!
//! The order is what keeps a served directory right at every moment: package files before the names
//! and versions that lead to them, and what is gone is removed last.

mod plan;
mod progress;

use std::collections::HashMap;

use anyhow::Context as _;
use rayon::prelude::*;
use skep_formats::gzip::Compressor;
use skep_formats::key::PrivateKey;
use skep_formats::registry::{
    self, Names, NamesEntry, Package, Release, Texts, Timestamp, Versions, VersionsEntry,
};

use super::super::Outcome;
use super::folder::{Folder, Lock, Resource};
use super::manifest::{Known, Manifest, Stamp};
use super::release::{Reader, Source};
use super::report::{Fault, Report};
use super::scan::{self, Tarball, Tarballs};
use super::writer::{Writer, replace};
use crate::cli::registry::Build;
use crate::output::Output;
use plan::{Plan, Work};
use progress::Progress;

pub(super) fn run(output: Output, arguments: &Build) -> anyhow::Result<Outcome> {
    let pem = fs_err::read(&arguments.private_key)?;
    let key = PrivateKey::from_pem(&pem)
        .with_context(|| format!("cannot sign with `{}`", arguments.private_key.display()))?;
    let folder = Folder::new(&arguments.dir);
    let lock = folder.lock()?;
    let builder = Builder {
        folder: &folder,
        writer: Writer::new(&folder),
        repository: arguments.name.as_str(),
        key: &key,
    };
    let report = builder.build(&lock, arguments.full, output)?;
    output.result(&report, || report.to_text(&arguments.dir))?;
    for fault in &report.faults {
        output.talk(format_args!("error: {}: {}", fault.file, fault.fault));
    }
    Ok(match report.faults.is_empty() {
        true => Outcome::Done,
        false => Outcome::Failed,
    })
}

struct Builder<'a> {
    folder: &'a Folder,
    writer: Writer<'a>,
    repository: &'a str,
    key: &'a PrivateKey,
}

/// A package that is in the registry after this build.
struct Built {
    name: String,
    known: Known,
    /// The time of its newest tarball, in seconds.
    updated_at: i64,
}

impl Builder<'_> {
    fn build(self, lock: &Lock, full: bool, output: Output) -> anyhow::Result<Report> {
        self.write_public_key(output)?;
        self.writer.directory(&self.folder.tarballs(), "tarballs")?;
        let fingerprint = self.key.public_key().fingerprint();
        let before = Manifest::load(&self.folder.manifest());
        if let Some(before) = before
            .as_ref()
            .filter(|before| before.repository != self.repository)
        {
            let note = format!(
                "this was the repository `{}`: customers who added it by that name must add it again as `{}`",
                before.repository, self.repository
            );
            output.notes(&[note]);
        }
        let before = match before {
            Some(before) if !full => before.usable_for(self.repository, &fingerprint),
            _ => Manifest::new(self.repository, &fingerprint),
        };
        let tarballs = Tarballs::scan(self.folder)?;
        let outputs = scan::package_files(self.folder)?;
        let plan = Plan::new(&self, tarballs.packages, before, &outputs);
        let (read, mut faults) = self.read(&plan)?;
        faults.extend(tarballs.faults);
        faults.sort();
        let tarballs_read = plan.to_read().count();
        let built = self.write_packages(plan, read)?;
        self.write_index(&built)?;
        self.remove_gone(&built, &outputs)?;
        let mut report = Report {
            repository: self.repository.to_owned(),
            packages: built.len(),
            releases: built.iter().map(|built| built.known.tarballs.len()).sum(),
            tarballs_read,
            faults,
            ..Report::default()
        };
        self.remember(built, fingerprint, lock)?;
        self.writer.finish(&mut report);
        Ok(report)
    }

    fn write_public_key(&self, output: Output) -> anyhow::Result<()> {
        let pem = self.key.public_key().to_pkcs1_pem();
        let path = self.folder.path(Resource::PublicKey);
        match fs_err::read(&path) {
            Ok(found) if found == pem.as_bytes() => return Ok(()),
            Ok(_) => {
                let note = "public_key was another one: customers who have it must replace it";
                output.notes(&[note.to_owned()]);
            }
            Err(_) => {}
        }
        self.writer.write(Resource::PublicKey, pem.as_bytes())?;
        Ok(())
    }

    /// Reads what has to be read: releases by package and version.
    fn read(&self, plan: &Plan) -> anyhow::Result<(Read, Vec<Fault>)> {
        let work: Vec<(&str, &Tarball)> = plan.to_read().collect();
        let progress = Progress::new("reading tarballs", work.len());
        let results: Vec<_> = work
            .into_par_iter()
            .map_init(Reader::default, |reader, (package, tarball)| {
                let resource = Resource::Tarball(package, &tarball.text);
                let path = self.folder.path(resource);
                let source = Source {
                    repository: self.repository,
                    package,
                    version: &tarball.text,
                };
                let read = reader.read(&path, tarball.stamp, &source);
                progress.step();
                let fault = |error| Fault::new(resource, &error);
                let key = (package.to_owned(), tarball.text.clone());
                read.map(|read| (key, read)).map_err(fault)
            })
            .collect();
        let (mut read, mut faults) = (Read::new(), Vec::new());
        for result in results {
            match result {
                Ok((key, release)) => drop(read.insert(key, release)),
                Err(fault) => faults.push(fault),
            }
        }
        Ok((read, faults))
    }

    fn write_packages(&self, plan: Plan, mut read: Read) -> anyhow::Result<Vec<Built>> {
        if !plan.packages.is_empty() {
            fs_err::create_dir_all(self.folder.packages())?;
        }
        let complete = |(name, work): (String, Work)| {
            let releases = work.releases(&name, &mut read);
            (name, work, releases)
        };
        let packages: Vec<_> = plan.packages.into_iter().map(complete).collect();
        let progress = Progress::new("signing packages", packages.len());
        let built: Vec<Option<Built>> = packages
            .into_par_iter()
            .map_init(Compressor::default, |compressor, (name, work, releases)| {
                let built = match work {
                    Work::Keep(known) => Some(Built::new(name, known)),
                    Work::Write { old, .. } => {
                        self.write_package(name, releases, old, compressor)?
                    }
                };
                progress.step();
                Ok(built)
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(built.into_iter().flatten().collect())
    }

    /// Nothing if no tarball of the package is good.
    fn write_package(
        &self,
        name: String,
        releases: Vec<(Release, Stamp)>,
        old: Option<(Package, Stamp)>,
        compressor: &mut Compressor,
    ) -> anyhow::Result<Option<Built>> {
        if releases.is_empty() {
            return Ok(None);
        }
        let (releases, stamps): (Vec<Release>, Vec<Stamp>) = releases.into_iter().unzip();
        let versions = releases.iter().map(|release| release.version.clone());
        let tarballs = versions.zip(stamps).collect();
        let package = Package {
            repository: self.repository.to_owned(),
            name: name.clone(),
            releases,
            advisories: Vec::new(),
        };
        let output = match old {
            // A tarball that was only touched changes nothing.
            Some((old, stamp)) if old == package => stamp,
            _ => {
                let file = registry::sign_with(&package.encode(), self.key, compressor);
                self.writer.write(Resource::Package(&name), &file)?
            }
        };
        Ok(Some(Built::new(name, Known { output, tarballs })))
    }

    fn write_index(&self, built: &[Built]) -> anyhow::Result<()> {
        let name = |built: &Built| NamesEntry {
            name: built.name.clone(),
            updated_at: Some(Timestamp {
                seconds: built.updated_at,
                nanos: 0,
            }),
        };
        let versions = |built: &Built| VersionsEntry {
            name: built.name.clone(),
            versions: built.versions(),
            retired: Vec::new(),
            with_advisories: Vec::new(),
        };
        let names = Names {
            repository: self.repository.to_owned(),
            packages: built.iter().map(name).collect(),
        };
        let versions = Versions {
            repository: self.repository.to_owned(),
            packages: built.iter().map(versions).collect(),
        };
        let (names, versions) = (names.encode(), versions.encode());
        let (first, second) = rayon::join(
            || self.write_signed(Resource::Names, &names),
            || self.write_signed(Resource::Versions, &versions),
        );
        first.and(second)
    }

    /// Writes a signed resource, unless it is there already.
    fn write_signed(&self, resource: Resource<'_>, payload: &[u8]) -> anyhow::Result<()> {
        let limit = registry::MAX_RESOURCE_SIZE;
        let is_there = fs_err::read(self.folder.path(resource))
            .ok()
            .and_then(|file| registry::verify(&file, &self.key.public_key(), limit).ok())
            .is_some_and(|found| found == payload);
        if !is_there {
            self.writer
                .write(resource, &registry::sign(payload, self.key))?;
        }
        Ok(())
    }

    fn remove_gone(&self, built: &[Built], outputs: &HashMap<String, Stamp>) -> anyhow::Result<()> {
        let is_built = |name: &str| built.binary_search_by(|built| built.name.as_str().cmp(name));
        let mut gone: Vec<&String> = outputs
            .keys()
            .filter(|name| is_built(name).is_err())
            .collect();
        gone.sort();
        for name in gone {
            self.writer.remove(Resource::Package(name))?;
        }
        Ok(())
    }

    fn remember(&self, built: Vec<Built>, key: String, lock: &Lock) -> anyhow::Result<()> {
        let mut manifest = Manifest::new(self.repository, &key);
        for mut built in built {
            let tarballs = &mut built.known.tarballs;
            tarballs.retain(|(_, stamp)| !stamp.is_too_new(&lock.started));
            manifest.packages.insert(built.name, built.known);
        }
        let (path, text) = (self.folder.manifest(), manifest.to_text());
        if fs_err::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        replace(&path, text.as_bytes())?;
        Ok(())
    }
}

/// Releases that were read, with the stamps of their tarballs, by package and version.
type Read = HashMap<(String, String), (Release, Stamp)>;

impl Built {
    fn new(name: String, known: Known) -> Self {
        let times = known.tarballs.iter().map(|(_, stamp)| stamp.seconds);
        Self {
            name,
            updated_at: times.max().unwrap_or_default(),
            known,
        }
    }

    fn versions(&self) -> Texts {
        let versions = self.known.tarballs.iter();
        versions.map(|(version, _)| version).collect()
    }
}
