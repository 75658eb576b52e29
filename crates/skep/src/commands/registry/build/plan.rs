//! What has to be done: which tarballs are read and which packages are written.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use skep_formats::registry::{Package, Release};

use super::{Builder, Read};
use crate::commands::registry::folder::Resource;
use crate::commands::registry::manifest::{Known, Manifest, Stamp};
use crate::commands::registry::scan::Tarball;

/// The work on every package.
pub(super) struct Plan {
    pub(super) packages: BTreeMap<String, Work>,
}

/// The work on one package.
pub(super) enum Work {
    /// Neither its tarballs nor its file have changed.
    Keep(Known),
    /// Something has.
    Write {
        /// Its tarballs, each with the release if that is known.
        tarballs: Vec<(Tarball, Option<Release>)>,
        /// Its file as it is now, if the last build wrote it.
        old: Option<(Package, Stamp)>,
    },
}

impl Plan {
    pub(super) fn new(
        builder: &Builder<'_>,
        tarballs: BTreeMap<String, Vec<Tarball>>,
        mut before: Manifest,
        outputs: &HashMap<String, Stamp>,
    ) -> Self {
        let packages: Vec<_> = tarballs
            .into_iter()
            .map(|(name, tarballs)| {
                let known = before.packages.remove(&name);
                let known = known.filter(|known| outputs.get(&name) == Some(&known.output));
                (name, tarballs, known)
            })
            .collect();
        let packages = packages.into_par_iter().map(|(name, tarballs, known)| {
            let work = Work::new(builder, &name, tarballs, known);
            (name, work)
        });
        Self {
            packages: packages.collect(),
        }
    }

    /// Package and tarball of everything that is not known.
    pub(super) fn to_read(&self) -> impl Iterator<Item = (&str, &Tarball)> {
        self.packages.iter().flat_map(|(name, work)| {
            let tarballs = match work {
                Work::Keep(_) => &[][..],
                Work::Write { tarballs, .. } => tarballs.as_slice(),
            };
            let unknown = tarballs.iter().filter(|(_, release)| release.is_none());
            unknown.map(|(tarball, _)| (name.as_str(), tarball))
        })
    }
}

impl Work {
    fn new(
        builder: &Builder<'_>,
        name: &str,
        tarballs: Vec<Tarball>,
        known: Option<Known>,
    ) -> Self {
        let Some(known) = known else {
            let tarballs = tarballs.into_iter().map(|tarball| (tarball, None));
            return Self::Write {
                tarballs: tarballs.collect(),
                old: None,
            };
        };
        let now = tarballs
            .iter()
            .map(|tarball| (tarball.text.as_str(), tarball.stamp));
        let then = known.tarballs.iter();
        if now.eq(then.map(|(version, stamp)| (version.as_str(), *stamp))) {
            return Self::Keep(known);
        }
        Self::again(tarballs, &known, builder.open(name))
    }

    /// Something has changed: what was not is taken over from the package file.
    fn again(tarballs: Vec<Tarball>, known: &Known, old: Option<Package>) -> Self {
        let releases = old.iter().flat_map(|package| &package.releases);
        let releases: HashMap<&str, &Release> = releases
            .map(|release| (release.version.as_str(), release))
            .collect();
        let stamps = known.tarballs.iter();
        let stamps: HashMap<&str, Stamp> = stamps
            .map(|(version, stamp)| (version.as_str(), *stamp))
            .collect();
        let with_release = |tarball: Tarball| {
            let text = tarball.text.as_str();
            let is_known = stamps.get(text) == Some(&tarball.stamp);
            let release = releases.get(text).filter(|_| is_known);
            let release = release.map(|release| (*release).clone());
            (tarball, release)
        };
        let tarballs = tarballs.into_iter().map(with_release).collect();
        Self::Write {
            tarballs,
            old: old.map(|package| (package, known.output)),
        }
    }

    /// The releases of the package, from before and newly read, in order; empty if nothing is to be
    /// written.
    pub(super) fn releases(&self, name: &str, read: &mut Read) -> Vec<(Release, Stamp)> {
        let Self::Write { tarballs, .. } = self else {
            return Vec::new();
        };
        let release = |(tarball, release): &(Tarball, Option<Release>)| match release {
            Some(release) => Some((release.clone(), tarball.stamp)),
            None => read.remove(&(name.to_owned(), tarball.text.clone())),
        };
        tarballs.iter().filter_map(release).collect()
    }
}

impl Builder<'_> {
    /// The file of a package as the last build has signed it.
    fn open(&self, name: &str) -> Option<Package> {
        let file = fs_err::read(self.folder.path(Resource::Package(name))).ok()?;
        Package::open(&file, &self.key.public_key(), self.repository, name).ok()
    }
}
