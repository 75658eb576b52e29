//! What publishing one release costs beside many others, against publishing it into an empty repository.

use anyhow::Result;

use super::{
    Bench, RELEASES,
    figures::{Figures, Promise},
    installation::{Installation, Server},
    measure::{median_seconds, processor_ticks},
    packages,
};

const ROUNDS: usize = 21;

/// Alternates between the two, each with its server running.
pub(super) fn measure(
    bench: &Bench,
    full: &Installation,
    full_server: &Server,
    figures: &mut Figures,
) -> Result<()> {
    let empty = Installation::empty(bench, "empty")?;
    let empty_server = empty.serve()?;
    let before = (
        processor_ticks(full_server.process())?,
        processor_ticks(empty_server.process())?,
    );
    let (mut into_full, mut into_empty) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        let newcomer = packages::make_new(&bench.folder.path().join("newcomers"), number)?;
        into_full.push(full.publish(&[&newcomer.file])?);
        into_empty.push(empty.publish(&[&newcomer.file])?);
    }
    let (full_time, empty_time) = (median_seconds(&into_full), median_seconds(&into_empty));
    figures.promised(
        &format!("publishing one release beside {RELEASES} others, against an empty repository"),
        full_time / empty_time,
        "",
        Promise::Under(1.5),
        &format!(
            "median of {ROUNDS}; {:.1} and {:.1} ms for the whole command",
            full_time * 1e3,
            empty_time * 1e3
        ),
    );
    let servers = (
        processor_ticks(full_server.process())? - before.0,
        processor_ticks(empty_server.process())? - before.1,
    );
    figures.noted(
        "processor time of the running servers meanwhile",
        format!("{} and {} ms", servers.0 * 10, servers.1 * 10),
    );
    Ok(())
}
