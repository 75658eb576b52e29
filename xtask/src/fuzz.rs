//! `cargo xtask fuzz`: every fuzz target for a bounded time, starting from the golden files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::process::{cargo, on_path, root, run as run_command};

const SECONDS_EACH: u64 = 20;

/// libFuzzer cuts longer inputs, so a longer seed teaches it nothing.
const LONGEST_SEED: u64 = 256 * 1024;

/// Reads `[--seconds N]`; `None` for anything else.
pub(crate) fn seconds(options: &[&str]) -> Option<u64> {
    match options {
        [] => Some(SECONDS_EACH),
        ["--seconds", seconds] => seconds.parse().ok().filter(|seconds| *seconds > 0),
        _ => None,
    }
}

/// Runs each target for so many seconds; true when none found anything.
pub(crate) fn run(seconds: u64) -> Result<bool> {
    let targets = targets()?;
    ensure!(!targets.is_empty(), "fuzz/fuzz_targets holds no target");
    if !on_path("cargo-fuzz") {
        run_command(&mut cargo(&["install", "--locked", "cargo-fuzz"]))?;
    }
    // What is fuzzed are the versions of the libraries that are shipped.
    fs::copy(root().join("Cargo.lock"), root().join("fuzz/Cargo.lock")).context("Cargo.lock")?;
    // The sanitizers are unstable options of a stable compiler.
    run_command(cargo(&["fuzz", "build"]).env("RUSTC_BOOTSTRAP", "1"))?;
    let mut failed = Vec::new();
    for target in &targets {
        seed(target)?;
        let limits = [
            format!("-max_total_time={seconds}"),
            format!("-max_len={LONGEST_SEED}"),
            "-timeout=10".to_owned(),
            "-verbosity=0".to_owned(),
            "-print_final_stats=1".to_owned(),
        ];
        let mut fuzz = cargo(&["fuzz", "run", target, "--"]);
        fuzz.args(limits).env("RUSTC_BOOTSTRAP", "1");
        if let Err(error) = run_command(&mut fuzz) {
            eprintln!("{error:#}");
            failed.push(target.as_str());
        }
    }
    if !failed.is_empty() {
        eprintln!(
            "failed, with their inputs in fuzz/artifacts: {}",
            failed.join(", ")
        );
    }
    let clean = targets.len() - failed.len();
    println!("{clean} of {} fuzz targets found nothing", targets.len());
    Ok(failed.is_empty())
}

fn targets() -> Result<Vec<String>> {
    let mut targets: Vec<String> = files(&root().join("fuzz/fuzz_targets"))?
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    targets.sort();
    Ok(targets)
}

/// Copies the golden files into the target's corpus, under names made of their paths.
fn seed(target: &str) -> Result<()> {
    let golden = root().join("testdata/golden");
    let corpus = root().join("fuzz/corpus").join(target);
    fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
    for file in files(&golden)? {
        if file.metadata()?.len() <= LONGEST_SEED {
            let inside = file.strip_prefix(&golden)?.to_string_lossy();
            let copy = corpus.join(inside.replace(['/', '\\'], "-"));
            fs::copy(&file, &copy).with_context(|| copy.display().to_string())?;
        }
    }
    Ok(())
}

/// Every file below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
