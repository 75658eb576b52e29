//! Everything that a source's registry names, with dates.

use std::collections::HashSet;

use anyhow::Context as _;
use futures_util::{StreamExt, stream};
use skep_formats::name::PackageName;
use skep_formats::registry::{Package, Release};
use skep_formats::version::Version;
use skep_server::catalog::import::{Dating, Offer};
use skep_server::clock::Timestamp;

use super::dates::Dates;
use super::report::Report;
use super::said;
use super::source::Source;
use crate::cli::moving::Import;
use crate::commands::mirrored::bar;

/// How many packages are asked for at one time, as mix does.
const PARALLEL: usize = 8;

/// What there is to take.
pub(super) struct Offers {
    /// Every release, by package.
    pub(super) all: Vec<Offer>,
    /// Packages whose files could not be read.
    pub(super) unread: HashSet<String>,
}

/// How dates are found.
struct Dated<'a> {
    dates: &'a Dates,
    from_files: bool,
}

impl Offers {
    /// Reads all packages. What is wrong with one of them is reported, and the others are read.
    pub(super) async fn read(
        source: &Source,
        dates: &Dates,
        arguments: &Import,
        report: &mut Report,
    ) -> anyhow::Result<Self> {
        let dated = Dated {
            dates,
            from_files: arguments.dates_from_mtime,
        };
        let mut offers = Self {
            all: Vec::new(),
            unread: HashSet::new(),
        };
        let names: Vec<&str> = source.packages().collect();
        let bar = bar(names.len());
        let read = |name| async move { (name, source.package(name).await) };
        let mut packages = stream::iter(names).map(read).buffered(PARALLEL);
        let mut advisories = 0;
        while let Some((name, package)) = packages.next().await {
            bar.inc(1);
            match package.and_then(|package| {
                advisories += package.advisories.len();
                offers.add(source, &dated, package, report)
            }) {
                Ok(()) => {}
                Err(error) => {
                    offers.unread.insert(name.to_owned());
                    report.failed(format!("packages/{name}"), said(&error));
                }
            }
        }
        bar.finish_and_clear();
        if advisories > 0 {
            report.notes.push(format!(
                "{advisories} security advisories of the registry are not taken over: retire the releases instead"
            ));
        }
        Ok(offers)
    }

    fn add(
        &mut self,
        source: &Source,
        dated: &Dated<'_>,
        package: Package,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let name = PackageName::parse(&package.name)?;
        for release in package.releases {
            let version = Version::parse(&release.version);
            let version = match version.context("the registry names such a release") {
                Ok(version) => version,
                Err(error) => {
                    report.failed(format!("{name} {}", release.version), said(&error));
                    continue;
                }
            };
            self.all.push(Offer {
                dating: dated.dating(&name, &release),
                has_docs: source.has_docs(&name, &version),
                package: name.clone(),
                version,
                listed: release,
            });
        }
        Ok(())
    }
}

impl Dated<'_> {
    fn dating(&self, package: &PackageName, release: &Release) -> Dating {
        let listed = release.published_at.map(|at| {
            let micros = at.seconds.saturating_mul(1_000_000);
            Timestamp::from_micros(micros.saturating_add(i64::from(at.nanos / 1_000)))
        });
        let stated = listed.or_else(|| self.dates.of(package.as_str(), &release.version));
        match (stated, self.from_files) {
            (Some(date), _) => Dating::Stated(date),
            (None, true) => Dating::OfFile,
            (None, false) => Dating::Unknown,
        }
    }
}
