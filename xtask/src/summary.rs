//! The harness's own summary lines, added up over all test binaries.

use std::{
    fmt,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use crate::process::announce;

/// Tests counted by how they ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Counts {
    /// Reads `test result: ok. 5 passed; 0 failed; 1 ignored; …`; any other line is `None`.
    fn from_line(line: &str) -> Option<Self> {
        let words: Vec<&str> = line
            .strip_prefix("test result: ")?
            .split_whitespace()
            .collect();
        let number_before = |name: &str| -> Option<u64> {
            let place = words.iter().position(|word| *word == name)?;
            words.get(place.checked_sub(1)?)?.parse().ok()
        };
        Some(Self {
            passed: number_before("passed;")?,
            failed: number_before("failed;")?,
            skipped: number_before("ignored;")?,
        })
    }
}

/// What a test says that has nothing to do on the set-up of this run.
const LEFT_TO_THE_OTHER: &str = "left to the other set-up: ";

/// Runs a `cargo test`, lets its output through as it comes, and returns the sum of its summary lines.
/// A run that fails without a failed test (it did not compile, or a test binary died) counts as one failure.
pub(crate) fn counted(command: &mut Command) -> Result<Counts> {
    announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be started")?;
    let output = child.stdout.take().expect("stdout was asked for as a pipe");
    let mut counts = Counts::default();
    let mut elsewhere = 0;
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        let text = String::from_utf8_lossy(&line);
        if let Some(more) = Counts::from_line(&text) {
            counts += more;
        }
        elsewhere += u64::from(text.starts_with(LEFT_TO_THE_OTHER));
        line.clear();
    }
    let status = child.wait()?;
    if !status.success() && counts.failed == 0 {
        eprintln!(
            "the tests did not build or a test binary died ({status}): counted as one failure"
        );
        counts.failed = 1;
    }
    // To the harness they passed.
    counts.passed = counts.passed.saturating_sub(elsewhere);
    if elsewhere > 0 {
        println!("{elsewhere} tests are about the other set-up alone: they are not counted here");
    }
    Ok(counts)
}

/// How many tests a `cargo test … -- --list` names.
pub(crate) fn listed(command: &mut Command) -> Result<u64> {
    announce(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    anyhow::ensure!(
        output.status.success(),
        "the tests to be listed did not build"
    );
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter(|line| line.ends_with(": test")).count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_line_is_read() {
        let line = "test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.10s\n";
        let counts = Counts::from_line(line).unwrap();
        assert_eq!(counts.to_string(), "5 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn other_lines_are_not() {
        for line in [
            "",
            "running 5 tests",
            "test a ... ok",
            "test result: unknown",
        ] {
            assert_eq!(Counts::from_line(line), None, "{line}");
        }
    }
}
