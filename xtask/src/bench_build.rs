//! `cargo xtask bench`, first half: builds what is shipped, and the second half of this command, both optimized.

use anyhow::{Context, Result};

use crate::process::{cargo, command, run as run_command};

/// Builds with the profile `dist` and hands over to what was built; true when every promise was kept.
pub(crate) fn run() -> Result<bool> {
    let build = ["build", "--profile", "dist", "--package", "skep"];
    run_command(cargo(&build).args(["--package", "xtask", "--features", "xtask/bench"]))?;
    // target/debug/xtask
    let ourselves = std::env::current_exe()?;
    let target = ourselves
        .ancestors()
        .nth(2)
        .context("xtask lies in a folder of target")?;
    let second_half = target.join("dist/xtask").display().to_string();
    Ok(command(&second_half, &["bench"]).status()?.success())
}
