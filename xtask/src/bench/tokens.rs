//! What a token costs that a license key does not, on the repository's path.

use std::{rc::Rc, time::Instant};

use anyhow::{Context, Result};

use super::{
    Bench,
    figures::{Figures, Promise},
    installation::{Installation, Server, post},
    load::{self, Requests},
    measure::median,
    redirects::{LOAD, Round, WARM_UP, requests, round},
};

const NAME: &str = "tarball requests with an exchanged token, against the same with license keys";
const PROMISE: Promise = Promise::AtLeast(0.9);
const ROUNDS: usize = 3;
/// mix.
const CLIENT_ID: &str = "78ea6566-89fd-481e-a1d6-7d9d78eacca8";

/// Exchanges every key, and measures in alternating runs.
pub(super) fn measure(
    bench: &Bench,
    full: &Installation,
    server: &Server,
    figures: &mut Figures,
) -> Result<()> {
    let start = Instant::now();
    let exchange = |key: &String| Ok(format!("Bearer {}", exchange(full, key)?));
    let tokens = full.keys.iter().map(exchange).collect::<Result<Vec<_>>>()?;
    let per_second = tokens.len() as f64 / start.elapsed().as_secs_f64();
    let text = format!("{per_second:.0}, one after the other, each on a connection of its own");
    figures.noted("keys exchanged per second", text);

    let with_keys = requests(bench, full, &full.keys);
    let with_tokens = requests(bench, full, &tokens);
    // The first request with a token verifies it.
    load::run(&[full.address], &once(&with_tokens), WARM_UP)?;
    load::run(&[full.address], &with_keys, WARM_UP)?;
    let mut pairs = Vec::new();
    for _ in 0..ROUNDS {
        let tokens = round(full.address, server, &with_tokens, LOAD)?;
        let keys = round(full.address, server, &with_keys, LOAD)?;
        pairs.push((tokens, keys));
    }
    report(&pairs, figures);
    Ok(())
}

/// One request of every customer.
fn once(requests: &Requests) -> Requests {
    Rc::new(requests.iter().step_by(4).cloned().collect())
}

fn exchange(full: &Installation, key: &str) -> Result<String> {
    let body = format!(
        r#"{{"grant_type":"client_credentials","client_id":"{CLIENT_ID}","client_secret":"{key}","scope":"repositories"}}"#
    );
    let answer = post(full.address, "/api/oauth/token", &body)?;
    let token = answer.split("\"access_token\":\"").nth(1);
    let token = token.and_then(|rest| rest.split('"').next());
    token
        .map(str::to_owned)
        .with_context(|| format!("no token but {answer}"))
}

fn report(pairs: &[(Round, Round)], figures: &mut Figures) {
    let middle =
        |value: fn(&(Round, Round)) -> f64| median(&pairs.iter().map(value).collect::<Vec<f64>>());
    let details = format!(
        "median of {ROUNDS} alternating runs; {:.0} and {:.0} answers per second",
        middle(|(tokens, _)| tokens.per_second),
        middle(|(_, keys)| keys.per_second),
    );
    let ratio = middle(|(tokens, keys)| tokens.per_second / keys.per_second);
    figures.promised(NAME, ratio, "", PROMISE, &details);
    figures.noted(
        "processor time of the server per request with a token and with a key",
        format!(
            "{:.1} and {:.1} µs",
            middle(|(tokens, _)| tokens.processor_us),
            middle(|(_, keys)| keys.processor_us),
        ),
    );
}
