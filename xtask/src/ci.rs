//! `cargo xtask ci`: everything that has to hold before a change is accepted.

use anyhow::Result;

use crate::{
    process::{cargo, cargo_workspace, run as run_command},
    test,
};

/// Format, lints, documentation, every feature, tests; stops at the first that fails.
pub(crate) fn run() -> Result<bool> {
    run_command(&mut cargo(&["fmt", "--all", "--check"]))?;
    let lint = ["--all-targets", "--", "-D", "warnings"];
    run_command(&mut cargo_workspace("clippy", &lint))?;
    // Left out of `--all-targets`, as it is left out of a plain `cargo test`.
    let lint_mix = ["--test", "mix", "--", "-D", "warnings"];
    run_command(&mut cargo_workspace("clippy", &lint_mix))?;
    run_command(
        cargo_workspace("doc", &["--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    // The system's keyring is the one feature that no other step has: it must need no system library.
    run_command(&mut cargo(&[
        "check",
        "-p",
        "skep-client",
        "--all-features",
    ]))?;
    test::run()
}
