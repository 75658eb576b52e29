//! How many tarball requests are answered, each with the check of a license, usage recording on.

use std::{net::SocketAddr, rc::Rc, time::Duration};

use anyhow::Result;

use super::{
    Bench,
    figures::{Figures, Promise},
    installation::{Installation, Server},
    load::{self, Bounds, Requests},
    measure::{median, processor_ticks},
    nginx::{self, Site},
    rsa_peer,
};
use crate::process::on_path;

const NAME: &str =
    "authorized tarball requests answered by 302, against nginx answering a fixed 302";
const PROMISE: Promise = Promise::AtLeast(0.8);
const RSA_NAME: &str =
    "authorized tarball requests answered by 302, against a server that signs RSA-2048 each time";
const RSA_PROMISE: Promise = Promise::AtLeast(20.0);
const ROUNDS: usize = 3;
/// A customer's builds ask for the releases of a lock file: always the same.
const LOCKED: usize = 4;
/// How many different tarballs are asked for.
pub(super) const TARBALLS: usize = 1_000;
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
/// Whoever signs each time needs no more to show how often.
const RSA_LOAD: Bounds = Bounds {
    connections: 64,
    answers: 400_000,
    time: Duration::from_secs(4),
};

/// Measures it in alternating runs against nginx, and against a server that signs each time.
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
    let signer = rsa_peer::serve(&bench.folder.path().join("rsa-peer"), &full.keys)?;
    let (mut pairs, mut signing) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let ours = round(full.address, server, &requests, LOAD)?;
        let theirs = round(nginx_address, &nginx, &requests, LOAD)?;
        pairs.push((ours, theirs));
        signing.push((ours, round(signer.1, &signer.0, &requests, RSA_LOAD)?));
    }
    report(&pairs, figures);
    report_signing(&signing, figures);
    Ok(())
}

/// One run: answers per second, and the server's processor time per answer in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    pub(super) per_second: f64,
    pub(super) processor_us: f64,
}

pub(super) fn round(
    address: SocketAddr,
    server: &Server,
    requests: &Requests,
    bounds: Bounds,
) -> Result<Round> {
    let before = processor_ticks(server.process())?;
    let outcome = load::run(&[address], requests, bounds)?;
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

fn report_signing(pairs: &[(Round, Round)], figures: &mut Figures) {
    let middle =
        |value: fn(&(Round, Round)) -> f64| median(&pairs.iter().map(value).collect::<Vec<f64>>());
    let details = format!(
        "median of {ROUNDS} alternating runs; {:.0} and {:.0} answers per second, {:.1} and {:.1} µs of processor time each",
        middle(|(ours, _)| ours.per_second),
        middle(|(_, theirs)| theirs.per_second),
        middle(|(ours, _)| ours.processor_us),
        middle(|(_, theirs)| theirs.processor_us),
    );
    let ratio = middle(|(ours, theirs)| ours.per_second / theirs.per_second);
    figures.promised(RSA_NAME, ratio, "", RSA_PROMISE, &details);
}

fn path(package: &str, version: &str) -> String {
    format!("/repo/tarballs/{package}-{version}.tar")
}

/// One request of every customer, each with their credential, for each release in their lock file.
pub(super) fn requests(bench: &Bench, full: &Installation, credentials: &[String]) -> Requests {
    requests_for(bench, full, credentials, LOCKED)
}

/// The same for so many releases.
pub(super) fn requests_for(
    bench: &Bench,
    full: &Installation,
    credentials: &[String],
    locked: usize,
) -> Requests {
    let mut requests = Vec::with_capacity(credentials.len() * locked);
    for (customer, credential) in credentials.iter().enumerate() {
        for turn in 0..locked {
            let release = &bench.releases[(customer * 37 + turn * 211) % TARBALLS];
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
