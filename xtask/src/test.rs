//! `cargo xtask test`: sets up what the tests need and runs all of them.

use anyhow::Result;

use crate::{
    process::cargo_workspace,
    setup,
    summary::{Counts, counted, listed},
};

/// Runs every test; true when none failed. The last line printed is `N passed, N failed, N skipped`.
pub(crate) fn run() -> Result<bool> {
    setup::tests()?;
    let mut counts = Counts::default();
    counts += counted(&mut cargo_workspace("test", &["--no-fail-fast", "--doc"]))?;
    let mut skip = Vec::new();
    if !setup::browser() {
        counts += without_browser()?;
        skip.extend(["--skip", BROWSER_TESTS]);
    }
    counts += everything(&skip)?;
    counts += servers_on_the_large_setup(skip)?;
    counts += mix()?;
    Ok(closing_line(counts))
}

const BROWSER_TESTS: &str = "browser::";
/// What the tests read to know the set-up of this run: SQLite and a folder, or PostgreSQL and a bucket.
const SETUP: &str = "SKEP_TEST_SETUP";
const SMALL: &str = "sqlite-folder";
const LARGE: &str = "postgres-s3";

fn everything(skip: &[&str]) -> Result<Counts> {
    let arguments = [
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
        "--examples",
        "--",
    ];
    let mut command = cargo_workspace("test", &arguments);
    counted(command.args(skip).env(SETUP, SMALL))
}

/// Every test of the server once more; not those of the command line that need none.
fn servers_on_the_large_setup(mut skip: Vec<&str>) -> Result<Counts> {
    println!("once more, on PostgreSQL and S3: every test of the server");
    let arguments = ["--no-fail-fast", "--test", "it", "--"];
    for without_server in [
        "architecture::",
        "client::",
        "demo::",
        "help::",
        "registry::",
    ] {
        skip.extend(["--skip", without_server]);
    }
    let mut command = cargo_workspace("test", &arguments);
    counted(command.args(skip).env(SETUP, LARGE))
}

/// The tests in a real browser, counted as skipped, and said so.
fn without_browser() -> Result<Counts> {
    let list = ["--test", "it", "--", "--list", BROWSER_TESTS];
    let skipped = listed(&mut cargo_workspace("test", &list))?;
    println!("Chromium cannot be had here: the tests of the pages in a browser are not run");
    Ok(Counts {
        skipped,
        ..Counts::default()
    })
}

/// Prints the closing line; true when nothing failed and something ran.
pub(crate) fn closing_line(counts: Counts) -> bool {
    println!("{counts}");
    counts.failed == 0 && counts.passed > 0
}

const MIX_TESTS: [&str; 3] = ["--no-fail-fast", "--test", "mix"];

/// The tests that drive mix: run where Hex is installed, otherwise counted as skipped, and said so.
pub(crate) fn mix() -> Result<Counts> {
    if setup::mix_has_hex() {
        let mut counts = Counts::default();
        for setup in [SMALL, LARGE] {
            println!("mix, on {setup}");
            counts += counted(cargo_workspace("test", &MIX_TESTS).env(SETUP, setup))?;
        }
        return Ok(counts);
    }
    let skipped = listed(cargo_workspace("test", &MIX_TESTS).args(["--", "--list"]))?;
    println!("mix with Hex is not installed: the mix tests were not run");
    Ok(Counts {
        skipped,
        ..Counts::default()
    })
}
