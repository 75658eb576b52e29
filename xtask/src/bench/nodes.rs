//! What a second node on the same processors costs, and whether the database matters to the way of a request.

use anyhow::Result;

use super::{
    Bench, LICENSES,
    figures::Figures,
    installation::{Installation, Server},
    load,
    measure::median,
    postgres::Postgres,
    redirects::{self, LOAD, WARM_UP},
};

const ROUNDS: usize = 3;

/// Two nodes against one on this machine's processors, the connections divided between them.
pub(super) fn two_against_one(
    bench: &Bench,
    full: &Installation,
    figures: &mut Figures,
) -> Result<()> {
    let second = full.at_another_port()?;
    let requests = redirects::requests(bench, full, &full.keys);
    let _second = second.serve()?;
    load::run(&[second.address], &requests, WARM_UP)?;
    let mut pairs = Vec::new();
    for _ in 0..ROUNDS {
        let one = load::run(&[full.address], &requests, LOAD)?.per_second;
        let two = load::run(&[full.address, second.address], &requests, LOAD)?.per_second;
        pairs.push((two, one));
    }
    figures.noted(
        "answers of two nodes on the same processors, against one",
        ratio(&pairs),
    );
    Ok(())
}

/// The same installation on PostgreSQL, against the one on SQLite.
pub(super) fn databases(bench: &Bench, full: &Installation, figures: &mut Figures) -> Result<()> {
    const NAME: &str = "answers with PostgreSQL, against SQLite";
    let Some(postgres) = Postgres::start()? else {
        figures.not_measured(NAME, "PostgreSQL is not installed");
        return Ok(());
    };
    eprintln!("filling PostgreSQL as SQLite is filled");
    let settings = [("SKEP_DATABASE__URL", postgres.url.as_str())];
    let other = Installation::filled_with(bench, "postgres", LICENSES, &settings)?;
    let on_sqlite = redirects::requests(bench, full, &full.keys);
    let on_postgres = redirects::requests(bench, &other, &other.keys);
    let mut pairs = Vec::new();
    for _ in 0..ROUNDS {
        // One at a time: what the other still brings to its database would be in the way.
        let theirs = answers(full, &on_sqlite)?;
        let ours = answers(&other, &on_postgres)?;
        pairs.push((ours, theirs));
    }
    figures.noted(NAME, ratio(&pairs));
    Ok(())
}

fn answers(installation: &Installation, requests: &load::Requests) -> Result<f64> {
    let _server: Server = installation.serve()?;
    load::run(&[installation.address], requests, WARM_UP)?;
    Ok(load::run(&[installation.address], requests, LOAD)?.per_second)
}

fn ratio(pairs: &[(f64, f64)]) -> String {
    let middle =
        |value: fn(&(f64, f64)) -> f64| median(&pairs.iter().map(value).collect::<Vec<_>>());
    format!(
        "{:.3} ({:.0} and {:.0} per second, median of {ROUNDS} alternating runs)",
        middle(|pair| pair.0 / pair.1),
        middle(|pair| pair.0),
        middle(|pair| pair.1),
    )
}
