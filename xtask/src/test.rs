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
    let mut rest = vec!["--no-fail-fast", "--lib", "--bins", "--tests", "--examples"];
    if !setup::browser() {
        counts += without_browser()?;
        rest.extend(["--", "--skip", BROWSER_TESTS]);
    }
    counts += counted(&mut cargo_workspace("test", &rest))?;
    counts += mix()?;
    Ok(closing_line(counts))
}

const BROWSER_TESTS: &str = "browser::";

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
        return counted(&mut cargo_workspace("test", &MIX_TESTS));
    }
    let skipped = listed(cargo_workspace("test", &MIX_TESTS).args(["--", "--list"]))?;
    println!("mix with Hex is not installed: the mix tests were not run");
    Ok(Counts {
        skipped,
        ..Counts::default()
    })
}
