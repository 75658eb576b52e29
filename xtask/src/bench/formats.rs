//! Reading the formats of Hex on one core, against the reference implementation on Erlang.

mod reference;
pub(super) mod side;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use skep_formats::{
    key::PrivateKey,
    registry::{Versions, VersionsEntry, sign},
};

use super::{
    figures::{Figures, Promise},
    measure::{median, timed},
    packages::{self, Numbers},
};
use reference::Reference;

const TARBALLS: usize = 1_000;
const TARBALL_KIB: (usize, usize) = (4, 64);
const PACKAGES: usize = 20_000;
const ROUNDS: usize = 5;
const PROMISE: Promise = Promise::AtLeast(5.0);

/// What both sides read.
#[derive(Debug)]
struct Material {
    tarballs: PathBuf,
    versions: PathBuf,
    public_key: PathBuf,
}

/// One of the two things that are measured, as both sides name it, with the files it reads.
type Task<'a> = (&'static str, Vec<&'a Path>);

/// Measures both, in alternating runs of processes that are bound to one core.
pub(super) fn measure(folder: &Path, figures: &mut Figures) -> Result<()> {
    eprintln!("making {TARBALLS} tarballs and a resource of {PACKAGES} packages");
    let material = make(folder)?;
    let reference = Reference::build(&folder.join("hex_core"));
    let unpack = format!(
        "unpacking and verifying {TARBALLS} tarballs of {} to {} KiB in memory, times faster than hex_core",
        TARBALL_KIB.0, TARBALL_KIB.1
    );
    let decode = format!(
        "verifying and decoding `versions` of {PACKAGES} packages, times faster than hex_core"
    );
    let tasks: [(String, Task<'_>); 2] = [
        (unpack, ("tarballs", vec![&material.tarballs])),
        (
            decode,
            ("versions", vec![&material.versions, &material.public_key]),
        ),
    ];
    for (name, task) in tasks {
        match &reference {
            Ok(reference) => compare(&name, &task, reference, figures)?,
            Err(why) => {
                figures.not_measured(&name, &format!("{why:#}"));
                figures.noted(task.0, format!("{:.1} ms", ours(&task)? * 1e3));
            }
        }
    }
    Ok(())
}

fn compare(
    name: &str,
    task: &Task<'_>,
    reference: &Reference,
    figures: &mut Figures,
) -> Result<()> {
    let (mut our_times, mut their_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (our_time, their_time) = (ours(task)?, reference.seconds(task)?);
        our_times.push(our_time);
        their_times.push(their_time);
        ratios.push(their_time / our_time);
    }
    let details = format!(
        "median of {ROUNDS} alternating runs on one core, {:.1} to {:.1}; {:.1} and {:.1} ms of processor time; {}",
        ratios.iter().copied().fold(f64::INFINITY, f64::min),
        ratios.iter().copied().fold(0.0, f64::max),
        median(&our_times) * 1e3,
        median(&their_times) * 1e3,
        load(),
    );
    figures.promised(name, median(&ratios), "", PROMISE, &details);
    Ok(())
}

/// Our side in a process of its own, in seconds.
fn ours(task: &Task<'_>) -> Result<f64> {
    let mut command = one_core(&std::env::current_exe()?);
    command.args(["bench", "side", task.0]).args(&task.1);
    seconds(&mut command)
}

/// A program that is bound to the last core, which has fewer interrupts than the first.
fn one_core(program: &Path) -> Command {
    let last = std::thread::available_parallelism().map_or(1, usize::from) - 1;
    let mut command = Command::new("taskset");
    command.args(["-c", &last.to_string()]).arg(program);
    command
}

/// What a side printed: microseconds.
fn seconds(command: &mut Command) -> Result<f64> {
    let output = command
        .output()
        .with_context(|| format!("{command:?} cannot be started"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let micros: f64 = text.trim().parse().with_context(|| {
        format!(
            "{command:?} printed no time: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    Ok(micros / 1e6)
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = text.split(' ').next().unwrap_or("unknown");
    format!("load of the machine {load}")
}

fn make(folder: &Path) -> Result<Material> {
    let material = Material {
        tarballs: folder.join("formats-tarballs"),
        versions: folder.join("formats-versions"),
        public_key: folder.join("formats-key.pub.pem"),
    };
    packages::make_sized(&material.tarballs, TARBALLS, TARBALL_KIB)?;
    let key = folder.join("formats-key.pem");
    timed(
        Command::new("openssl")
            .args(["genrsa", "-out"])
            .arg(&key)
            .arg("2048"),
    )?;
    timed(
        Command::new("openssl")
            .args(["rsa", "-pubout", "-in"])
            .arg(&key)
            .arg("-out")
            .arg(&material.public_key),
    )?;
    let key = PrivateKey::from_pem(&fs::read_to_string(&key)?)?;
    fs::write(&material.versions, sign(&versions().encode(), &key))?;
    Ok(material)
}

/// As hex.pm's: most packages have few versions, some have many, and some of those are retired.
fn versions() -> Versions {
    let mut numbers = Numbers::new(7);
    let packages = (0..PACKAGES).map(|number| {
        let count = 1 + numbers.below(12) * numbers.below(5);
        VersionsEntry {
            name: format!("package_{number:05}"),
            versions: (0..count)
                .map(|minor| format!("1.{minor}.{}", numbers.below(20)))
                .collect(),
            retired: if numbers.below(20) == 0 {
                vec![0]
            } else {
                Vec::new()
            },
            with_advisories: Vec::new(),
        }
    });
    Versions {
        repository: "bench".to_owned(),
        packages: packages.collect(),
    }
}
