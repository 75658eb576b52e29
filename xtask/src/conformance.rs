//! `cargo xtask conformance`: only the tests in which real clients talk to a real server, and schemathesis,
//! which holds the server's description of its API against its answers.

use anyhow::Result;

use crate::{
    process::cargo_workspace,
    schemathesis, setup,
    summary::{Counts, counted},
    test,
};

/// Runs rebar3's tests, mix's where Hex is installed, and schemathesis; true when none failed.
pub(crate) fn run() -> Result<bool> {
    setup::tests()?;
    let mut counts = Counts::default();
    let rebar3 = ["--test", "it", "rebar3::"];
    counts += counted(&mut cargo_workspace("test", &rebar3))?;
    counts += test::mix()?;
    counts += schemathesis::run()?;
    Ok(test::closing_line(counts))
}

/// Only schemathesis.
pub(crate) fn api() -> Result<bool> {
    Ok(test::closing_line(schemathesis::run()?))
}
