//! `cargo xtask bench`: the figures the project promises, as ratios against a peer measured in the same run.
//! Made-up data, the same on every run; the product is set up through its own commands.

mod figures;
mod formats;
mod installation;
mod load;
mod measure;
mod memory;
mod million;
mod nginx;
mod nodes;
mod packages;
mod postgres;
mod publish;
mod redirects;
mod registry;
mod revocation;
mod rolling;
mod rsa_peer;
mod streaming;
mod tokens;
mod uploads;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use figures::Figures;
use installation::Installation;
use packages::Release;
use redirects::TARBALLS;
use tempfile::TempDir;

/// What can be measured alone.
const PARTS: &str = "formats, uploads, streaming, redirects, million, tokens, nodes, databases, rolling, revocation";
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
    if let ["rsa-peer", address, keys, key] = what {
        return rsa_peer::run(address, keys, key).map(|()| true);
    }
    let ourselves = std::env::current_exe()?;
    let target = ourselves.parent().context("a program lies in a folder")?;
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(target)
        .context("a folder to work in")?;
    let mut figures = Figures::default();
    let bench = Bench {
        folder,
        skep: ourselves.with_file_name("skep"),
        releases: Vec::new(),
    };
    match what {
        [] => everything(bench, &mut figures),
        [part] => {
            let outcome = one_part(part, bench, &mut figures);
            figures.broken(part, outcome);
        }
        _ => bail!("one part at a time, or none for everything"),
    }
    Ok(figures.print())
}

fn one_part(part: &str, bench: Bench, figures: &mut Figures) -> Result<()> {
    match part {
        "formats" => formats::measure(bench.folder.path(), figures),
        "uploads" => uploads::measure(&bench, figures),
        "streaming" => streaming::measure(&bench, figures),
        "revocation" => revocation::measure(&bench, figures),
        "rolling" => {
            let bench = bench.with_releases(TARBALLS)?;
            let full = Installation::filled(&bench, LICENSES)?;
            rolling::measure(&bench, &full, figures)
        }
        "redirects" | "tokens" | "nodes" => {
            let bench = bench.with_releases(TARBALLS)?;
            let full = Installation::filled(&bench, LICENSES)?;
            let server = full.serve()?;
            match part {
                "redirects" => redirects::measure(&bench, &full, &server, figures),
                "tokens" => tokens::measure(&bench, &full, &server, figures),
                _ => nodes::two_against_one(&bench, &full, figures),
            }
        }
        "million" => {
            let bench = bench.with_releases(TARBALLS)?;
            let few = Installation::filled(&bench, LICENSES)?;
            million::measure(&bench, &few, figures)
        }
        "databases" => {
            let bench = bench.with_releases(TARBALLS)?;
            let full = Installation::filled(&bench, LICENSES)?;
            nodes::databases(&bench, &full, figures)
        }
        _ => bail!("there is no part `{part}`: the parts are {PARTS}"),
    }
}

impl Bench {
    fn with_releases(mut self, releases: usize) -> Result<Self> {
        let packages = PACKAGES.min(releases);
        eprintln!("making {releases} tarballs of {packages} packages");
        let folder = self.folder.path().join("tarballs");
        self.releases = packages::make(&folder, packages, releases)?;
        Ok(self)
    }
}

fn everything(bench: Bench, figures: &mut Figures) {
    // One part that cannot be measured does not take the others with it.
    let outcome = formats::measure(bench.folder.path(), figures);
    figures.broken("the formats", outcome);
    match bench.with_releases(RELEASES) {
        Ok(bench) => measure_product(&bench, figures),
        Err(error) => figures.broken("the made-up releases", Err(error)),
    }
}

fn measure_product(bench: &Bench, figures: &mut Figures) {
    let outcome = registry::measure(bench, figures);
    figures.broken("the registry", outcome);
    let outcome = memory::idle(bench, figures);
    figures.broken("the idle server", outcome);
    let outcome = uploads::measure(bench, figures);
    figures.broken("publishing over HTTP", outcome);
    let outcome = streaming::measure(bench, figures);
    figures.broken("streaming", outcome);
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
    memory::filled(&server, "after the load", figures)?;
    nodes::two_against_one(bench, &full, figures)?;
    drop(server);
    rolling::measure(bench, &full, figures)?;
    revocation::measure(bench, figures)?;
    nodes::databases(bench, &full, figures)?;
    million::measure(bench, &full, figures)
}
