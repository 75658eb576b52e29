//! How many tarball requests are answered, each with the check of a license, usage recording on.

use std::{net::SocketAddr, rc::Rc, time::Duration};

use anyhow::Result;

use super::{
    Bench, RELEASES,
    figures::{Figures, Promise},
    installation::{Installation, Server},
    load::{self, Bounds, Requests},
    measure::{median, processor_ticks},
    nginx::{self, Site},
};
use crate::process::on_path;

const NAME: &str =
    "authorized tarball requests answered by 302, against nginx answering a fixed 302";
const PROMISE: Promise = Promise::AtLeast(0.6);
const ROUNDS: usize = 3;
/// A customer's builds ask for the releases of a lock file: always the same.
const LOCKED: usize = 4;
pub(super) const WARM_UP: Bounds = Bounds {
    connections: 64,
    answers: 60_000,
    time: Duration::from_secs(5),
};
pub(super) const LOAD: Bounds = Bounds {
    connections: 64,
    answers: 400_000,
    time: Duration::from_secs(8),
};

/// Measures it in alternating runs against nginx.
pub(super) fn measure(
    bench: &Bench,
    full: &Installation,
    server: &Server,
    figures: &mut Figures,
) -> Result<()> {
    let requests = requests(bench, full, &full.keys);
    load::run(&[full.address], &requests, WARM_UP)?;
    if !on_path("nginx") {
        let ours = load::run(&[full.address], &requests, LOAD)?;
        figures.not_measured(
            NAME,
            "nginx is not installed (`apt-get install nginx-light`)",
        );
        figures.noted("requests per second", format!("{:.0}", ours.per_second));
        return Ok(());
    }
    let release = &bench.releases[0];
    let path = path(&release.package, &release.version);
    let location = full.location(&path)?;
    let (nginx, nginx_address) = nginx::serve(
        &bench.folder.path().join("nginx"),
        Site::Redirect(&location),
    )?;
    load::run(&[nginx_address], &requests, WARM_UP)?;
    let mut pairs = Vec::new();
    for _ in 0..ROUNDS {
        let ours = round(full.address, server, &requests)?;
        let theirs = round(nginx_address, &nginx, &requests)?;
        pairs.push((ours, theirs));
    }
    report(&pairs, figures);
    Ok(())
}

/// One run: answers per second, and the server's processor time per answer in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    pub(super) per_second: f64,
    pub(super) processor_us: f64,
}

pub(super) fn round(address: SocketAddr, server: &Server, requests: &Requests) -> Result<Round> {
    let before = processor_ticks(server.process())?;
    let outcome = load::run(&[address], requests, LOAD)?;
    let ticks = processor_ticks(server.process())? - before;
    Ok(Round {
        per_second: outcome.per_second,
        processor_us: ticks as f64 * 10_000.0 / outcome.answers as f64,
    })
}

fn report(pairs: &[(Round, Round)], figures: &mut Figures) {
    let middle =
        |value: fn(&(Round, Round)) -> f64| median(&pairs.iter().map(value).collect::<Vec<f64>>());
    let details = format!(
        "median of {ROUNDS} alternating runs of one load generator on this machine's {} processors; {:.0} and {:.0} answers per second",
        std::thread::available_parallelism().map_or(1, usize::from),
        middle(|(ours, _)| ours.per_second),
        middle(|(_, theirs)| theirs.per_second),
    );
    let ratio = middle(|(ours, theirs)| ours.per_second / theirs.per_second);
    figures.promised(NAME, ratio, "", PROMISE, &details);
    figures.noted(
        "processor time of the server per 302, nginx's divided by ours",
        format!(
            "{:.3} ({:.1} and {:.1} µs)",
            middle(|(ours, theirs)| theirs.processor_us / ours.processor_us),
            middle(|(_, theirs)| theirs.processor_us),
            middle(|(ours, _)| ours.processor_us),
        ),
    );
}

fn path(package: &str, version: &str) -> String {
    format!("/repo/tarballs/{package}-{version}.tar")
}

/// One request of every customer, each with their credential, for each release in their lock file.
pub(super) fn requests(bench: &Bench, full: &Installation, credentials: &[String]) -> Requests {
    let mut requests = Vec::new();
    for (customer, credential) in credentials.iter().enumerate() {
        for turn in 0..LOCKED {
            let release = &bench.releases[(customer * 37 + turn * 1_009) % RELEASES];
            let path = path(&release.package, &release.version);
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: {}\r\nte: \r\nuser-agent: hex_core/0.19.0 hex/2.5.2 (elixir/1.14.0) (OTP/25) (erts/13.1.5)\r\nauthorization: {credential}\r\n\r\n",
                full.address
            );
            requests.push(request.into_bytes());
        }
    }
    Rc::new(requests)
}
