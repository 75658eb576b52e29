//! A million license keys against ten thousand: what they cost in time, memory and at the start.

mod fill;

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    Bench, LICENSES,
    figures::{Figures, Promise},
    installation::Installation,
    load::{self, Requests},
    measure::{median, resident_mib},
    redirects::{self, LOAD, Round, WARM_UP},
};
use crate::process::on_path;

const MILLION: usize = 1_000_000;
const ROUNDS: usize = 3;

/// A server's start, its load, and its memory.
#[derive(Debug, Clone, Copy)]
struct Run {
    start_seconds: f64,
    started_mib: f64,
    loaded_mib: f64,
    most_mib: f64,
    round: Round,
}

/// Measures both in alternating runs, one server at a time: what one still brings to its database would be in
/// the way of the other.
pub(super) fn measure(bench: &Bench, few: &Installation, figures: &mut Figures) -> Result<()> {
    const NAME: &str = "a million license keys";
    if !on_path("sqlite3") {
        figures.not_measured(NAME, "sqlite3 is not installed (`apt-get install sqlite3`)");
        return Ok(());
    }
    eprintln!("adding {MILLION} licenses by SQL");
    let begun = Instant::now();
    let mut many = Installation::filled_with(bench, "million", 1, &[])?;
    many.keys = fill::fill(&many.database(), MILLION)?;
    let seconds = begun.elapsed().as_secs_f64();
    figures.noted(NAME, format!("added by SQL in {seconds:.0} s"));
    let few_requests = redirects::requests(bench, few, &few.keys);
    let many_requests = redirects::requests_for(bench, &many, &many.keys, 1);
    let mut pairs = Vec::new();
    for _ in 0..ROUNDS {
        let with_few = run(few, &few_requests)?;
        let with_many = run(&many, &many_requests)?;
        pairs.push((with_many, with_few));
    }
    report(&pairs, figures);
    Ok(())
}

fn run(installation: &Installation, requests: &Requests) -> Result<Run> {
    let begun = Instant::now();
    let server = installation.serve()?;
    let start_seconds = begun.elapsed().as_secs_f64();
    thread::sleep(Duration::from_secs(2));
    let (started_mib, _) = resident_mib(server.process())?;
    load::run(&[installation.address], requests, WARM_UP)?;
    let round = redirects::round(installation.address, &server, requests, LOAD)?;
    thread::sleep(Duration::from_secs(2));
    let (loaded_mib, most_mib) = resident_mib(server.process())?;
    Ok(Run {
        start_seconds,
        started_mib,
        loaded_mib,
        most_mib,
        round,
    })
}

fn report(pairs: &[(Run, Run)], figures: &mut Figures) {
    let middle =
        |value: fn(&(Run, Run)) -> f64| median(&pairs.iter().map(value).collect::<Vec<_>>());
    figures.promised(
        &format!("302s with {MILLION} license keys, against {LICENSES}"),
        middle(|(many, few)| many.round.per_second / few.round.per_second),
        "",
        Promise::AtLeast(0.9),
        &format!(
            "median of {ROUNDS} alternating runs; {:.0} and {:.0} per second, {:.1} and {:.1} µs of processor time each",
            middle(|(many, _)| many.round.per_second),
            middle(|(_, few)| few.round.per_second),
            middle(|(many, _)| many.round.processor_us),
            middle(|(_, few)| few.round.processor_us),
        ),
    );
    figures.promised(
        &format!("resident memory with {MILLION} license keys, after the load"),
        middle(|(many, _)| many.loaded_mib),
        " MiB",
        Promise::Under(400.0),
        &format!(
            "{:.0} MiB after the start, {:.0} MiB at most",
            middle(|(many, _)| many.started_mib),
            middle(|(many, _)| many.most_mib),
        ),
    );
    figures.promised(
        &format!("from start to ready with {MILLION} license keys"),
        middle(|(many, _)| many.start_seconds),
        " s",
        Promise::Under(15.0),
        &format!(
            "with {LICENSES}: {:.2} s",
            middle(|(_, few)| few.start_seconds)
        ),
    );
}
