//! `cargo xtask bench`: the figures the project promises, as ratios against a peer measured in the same run.
//! Made-up data, the same on every run; the product is set up through its own commands.

mod figures;
mod formats;
mod installation;
mod load;
mod measure;
mod memory;
mod nginx;
mod packages;
mod publish;
mod redirects;
mod registry;
mod tokens;
mod uploads;

use std::path::PathBuf;

use anyhow::{Context, Result};
use figures::Figures;
use installation::Installation;
use packages::Release;
use tempfile::TempDir;

/// What the promises speak of.
const LICENSES: usize = 10_000;
const PACKAGES: usize = 2_000;
const RELEASES: usize = 10_000;

/// Where it happens: a folder in `target`, on the disk that holds the build, removed afterwards.
struct Bench {
    folder: TempDir,
    /// The binary that is measured, of the profile `dist`.
    skep: PathBuf,
    /// Every release there is, as tarballs in one folder.
    releases: Vec<Release>,
}

/// Measures and prints everything, or what is named; true when every figure that could be measured is as
/// good as promised.
pub(crate) fn run(what: &[&str]) -> Result<bool> {
    if let ["side", task @ ..] = what {
        return formats::side::run(task).map(|()| true);
    }
    let ourselves = std::env::current_exe()?;
    let target = ourselves.parent().context("a program lies in a folder")?;
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(target)
        .context("a folder to work in")?;
    let mut figures = Figures::default();
    let skep = ourselves.with_file_name("skep");
    if what == ["uploads"] {
        uploads::measure(&Bench::without_releases(folder, skep), &mut figures)?;
        return Ok(figures.print());
    }
    if what == ["tokens"] {
        measure_tokens(&Bench::new(folder, skep)?, &mut figures)?;
        return Ok(figures.print());
    }
    let outcome = formats::measure(folder.path(), &mut figures);
    figures.broken("the formats", outcome);
    if what != ["formats"] {
        measure_product(&Bench::new(folder, skep)?, &mut figures);
    }
    Ok(figures.print())
}

impl Bench {
    fn without_releases(folder: TempDir, skep: PathBuf) -> Self {
        Self {
            folder,
            skep,
            releases: Vec::new(),
        }
    }

    fn new(folder: TempDir, skep: PathBuf) -> Result<Self> {
        eprintln!("making {RELEASES} tarballs of {PACKAGES} packages");
        let releases = packages::make(&folder.path().join("tarballs"), PACKAGES, RELEASES)?;
        Ok(Self {
            folder,
            skep,
            releases,
        })
    }
}

/// Only what tokens cost.
fn measure_tokens(bench: &Bench, figures: &mut Figures) -> Result<()> {
    let full = Installation::filled(bench, LICENSES)?;
    let server = full.serve()?;
    tokens::measure(bench, &full, &server, figures)
}

fn measure_product(bench: &Bench, figures: &mut Figures) {
    // One part that cannot be measured does not take the others with it.
    let outcome = registry::measure(bench, figures);
    figures.broken("the registry", outcome);
    let outcome = memory::idle(bench, figures);
    figures.broken("the idle server", outcome);
    let outcome = uploads::measure(bench, figures);
    figures.broken("publishing over HTTP", outcome);
    let outcome = measure_full(bench, figures);
    figures.broken("the full server", outcome);
}

fn measure_full(bench: &Bench, figures: &mut Figures) -> Result<()> {
    eprintln!("publishing {RELEASES} releases and importing {LICENSES} licenses");
    let full = Installation::filled(bench, LICENSES)?;
    let server = full.serve()?;
    memory::filled(&server, "after the start", figures)?;
    publish::measure(bench, &full, &server, figures)?;
    redirects::measure(bench, &full, &server, figures)?;
    tokens::measure(bench, &full, &server, figures)?;
    memory::filled(&server, "after the load", figures)
}
