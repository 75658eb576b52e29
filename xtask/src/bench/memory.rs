//! Resident memory of the server, idle and full.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{
    Bench, LICENSES, RELEASES,
    figures::{Figures, Promise},
    installation::{Installation, Server},
    measure::resident_mib,
};

/// A server with nothing to serve.
pub(super) fn idle(bench: &Bench, figures: &mut Figures) -> Result<()> {
    let server = Installation::empty(bench, "idle")?.serve()?;
    report("resident memory, idle", &server, 40.0, figures)
}

/// A server that knows every license and release.
pub(super) fn filled(server: &Server, when: &str, figures: &mut Figures) -> Result<()> {
    let name = format!("resident memory, {LICENSES} licenses and {RELEASES} releases, {when}");
    report(&name, server, 80.0, figures)
}

fn report(name: &str, server: &Server, limit: f64, figures: &mut Figures) -> Result<()> {
    thread::sleep(Duration::from_secs(2));
    let (now, most) = resident_mib(server.process())?;
    let details = format!("{most:.1} MiB at most so far");
    figures.promised(name, now, " MiB", Promise::Under(limit), &details);
    Ok(())
}
