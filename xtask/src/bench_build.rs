//! `cargo xtask bench`, first half: builds what is shipped, and the second half of this command, both optimized.

use anyhow::{Context, Result};

use crate::process::{cargo, command, run as run_command};

/// Builds with the profile `dist` and hands over to what was built; true when every promise was kept.
pub(crate) fn run(what: &[&str]) -> Result<bool> {
    let mut build = vec!["build", "--profile", "dist", "--package", "xtask"];
    build.extend(["--features", "xtask/bench"]);
    if what != ["formats"] {
        build.extend(["--package", "skep"]);
    }
    run_command(&mut cargo(&build))?;
    // target/debug/xtask
    let ourselves = std::env::current_exe()?;
    let target = ourselves
        .ancestors()
        .nth(2)
        .context("xtask lies in a folder of target")?;
    let second_half = target.join("dist/xtask").display().to_string();
    let arguments = [&["bench"], what].concat();
    Ok(command(&second_half, &arguments).status()?.success())
}
