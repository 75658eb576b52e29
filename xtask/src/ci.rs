//! `cargo xtask ci`: everything that has to hold before a change is accepted.

use anyhow::Result;

use crate::{
    process::{cargo, run as run_command},
    test,
};

/// Format, lints, documentation, tests; stops at the first of the four that fails.
pub(crate) fn run() -> Result<bool> {
    run_command(&mut cargo(&["fmt", "--all", "--check"]))?;
    let lint = ["clippy", "--workspace", "--all-targets"];
    run_command(cargo(&lint).args(["--", "-D", "warnings"]))?;
    // Left out of `--all-targets`, as it is left out of a plain `cargo test`.
    let lint_mix = ["clippy", "--workspace", "--test", "mix"];
    run_command(cargo(&lint_mix).args(["--", "-D", "warnings"]))?;
    run_command(
        cargo(&[
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ])
        .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    test::run()
}
