//! `skep registry build` against `mix hex.registry build`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use super::{
    Bench, PACKAGES, RELEASES,
    figures::{Figures, Promise},
    measure::{median_seconds, timed},
    packages,
};
use crate::setup::mix_has_hex;

const COLD_ROUNDS: usize = 3;
const INCREMENTAL_ROUNDS: usize = 9;

/// Measures it cold and with one new tarball, both with the tarballs in the file cache.
pub(super) fn measure(bench: &Bench, figures: &mut Figures) -> Result<()> {
    let key = bench.folder.path().join("registry-key.pem");
    timed(
        Command::new("openssl")
            .args(["genrsa", "-traditional", "-out"])
            .arg(&key)
            .arg("2048"),
    )?;
    let mix_is_here = mix_has_hex();
    let mut ours = PathBuf::new();
    let (mut our_times, mut mix_times) = (Vec::new(), Vec::new());
    for round in 0..COLD_ROUNDS {
        ours = registry(bench, &format!("skep-registry-{round}"))?;
        our_times.push(build(bench, &ours, &key)?);
        if mix_is_here {
            let theirs = registry(bench, &format!("mix-registry-{round}"))?;
            mix_times.push(mix_build(bench, &theirs, &key)?);
        }
    }
    let incremental = incremental(bench, &ours, &key)?;
    timed(
        Command::new(&bench.skep)
            .args(["registry", "verify"])
            .arg(&ours),
    )?;
    let our_time = median_seconds(&our_times);
    figures.promised(
        &format!("registry build with one new tarball among {RELEASES}"),
        incremental * 1e3,
        " ms",
        Promise::Under(100.0),
        &format!("median of {INCREMENTAL_ROUNDS}"),
    );
    let cold_name = format!(
        "registry build of {RELEASES} tarballs ({PACKAGES} packages), times faster than mix"
    );
    let incremental_name = "registry build with one new tarball, as a part of mix's full build";
    if mix_times.is_empty() {
        let why = "mix with Hex is not installed";
        figures.not_measured(&cold_name, why);
        figures.not_measured(incremental_name, why);
        figures.noted("registry build, cold", format!("{our_time:.2} s"));
        return Ok(());
    }
    let mix_time = median_seconds(&mix_times);
    let details =
        format!("medians of {COLD_ROUNDS} alternating runs; {our_time:.2} and {mix_time:.2} s");
    figures.promised(
        &cold_name,
        mix_time / our_time,
        "",
        Promise::AtLeast(12.0),
        &details,
    );
    let part = incremental / mix_time;
    figures.promised(incremental_name, part, "", Promise::Under(0.01), &details);
    Ok(())
}

/// A folder whose `tarballs` are every release there is, shared with the others by hard links.
///
/// A new one for every cold round: ext4 avoids inodes deleted within the last minute and looks at each of
/// them for every file that is made, so building where an earlier round was removed measures the removal.
fn registry(bench: &Bench, name: &str) -> Result<PathBuf> {
    let folder = bench.folder.path().join(name);
    fs::create_dir_all(folder.join("tarballs"))?;
    for release in &bench.releases {
        link(&release.file, &folder)?;
    }
    Ok(folder)
}

fn link(tarball: &Path, registry: &Path) -> Result<()> {
    let name = tarball.file_name().context("a tarball has a name")?;
    fs::hard_link(tarball, registry.join("tarballs").join(name))?;
    Ok(())
}

fn build(bench: &Bench, folder: &Path, key: &Path) -> Result<Duration> {
    timed(
        Command::new(&bench.skep)
            .args(["registry", "build"])
            .arg(folder)
            .args(["--name", "bench", "--private-key"])
            .arg(key),
    )
}

fn mix_build(bench: &Bench, folder: &Path, key: &Path) -> Result<Duration> {
    timed(
        Command::new("mix")
            .args(["hex.registry", "build"])
            .arg(folder)
            .args(["--name", "bench", "--private-key"])
            .arg(key)
            .current_dir(bench.folder.path())
            .env("HEX_HOME", bench.folder.path().join("hex-home"))
            .env("HEX_OFFLINE", "1"),
    )
}

/// The median, in seconds, of builds each of which finds one tarball more.
fn incremental(bench: &Bench, folder: &Path, key: &Path) -> Result<f64> {
    let mut times = Vec::new();
    for number in 0..INCREMENTAL_ROUNDS {
        let newcomer = packages::make_new(&bench.folder.path().join("registry-newcomers"), number)?;
        link(&newcomer.file, folder)?;
        times.push(build(bench, folder, key)?);
    }
    Ok(median_seconds(&times))
}
