//! Two nodes behind nginx, restarted in turn under load: what the customers notice.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
};

use super::{
    Bench,
    figures::{Figures, Promise},
    installation::{Installation, Server},
    load::Requests,
    nginx::{self, Site},
    packages::Numbers,
    redirects,
};
use crate::process::on_path;

const NAME: &str = "requests that fail while two nodes are restarted in turn";
const REQUESTS: u64 = 200_000;
/// Should the restarts get stuck.
const MOST_REQUESTS: u64 = 20 * REQUESTS;
const CONNECTIONS: usize = 32;
/// Every fourth connection is given up after so many requests, as those of short builds are.
const SHORT: u32 = 20;
const FEWEST_RESTARTS: usize = 6;
/// Between two restarts.
const PAUSE: Duration = Duration::from_millis(500);
const SHOWN: usize = 5;

/// Measures it.
pub(super) fn measure(bench: &Bench, full: &Installation, figures: &mut Figures) -> Result<()> {
    if !on_path("nginx") {
        let why = "nginx is not installed (`apt-get install nginx-light`)";
        figures.not_measured(NAME, why);
        return Ok(());
    }
    let mut nodes = [full.at_another_port()?, full.at_another_port()?];
    for node in &mut nodes {
        node.set("SKEP_SERVER__GRACE_SECONDS", "2");
    }
    let addresses = nodes.each_ref().map(|node| node.address);
    let folder = bench.folder.path().join("nginx-rolling");
    let servers = [nodes[0].serve()?, nodes[1].serve()?];
    let (_nginx, address) = nginx::serve(&folder, Site::Nodes(&addresses))?;
    let requests = redirects::requests(bench, full, &full.keys);
    let (restarts, is_over) = (Arc::new(AtomicUsize::new(0)), AtomicBool::new(false));
    let (outcome, restarted) = thread::scope(|scope| {
        let restarting = scope.spawn(|| restart_in_turn(&nodes, servers, (&restarts, &is_over)));
        let outcome = run(address, &requests, &restarts);
        is_over.store(true, Ordering::Relaxed);
        (outcome, restarting.join())
    });
    restarted.map_err(|_| anyhow!("restarting ended in a bug"))??;
    let outcome = outcome?;
    for failure in outcome.failures.iter().take(SHOWN) {
        eprintln!("failed: {failure}");
    }
    let failed = outcome.failures.len() as f64;
    let details = format!(
        "of {} through nginx on {CONNECTIONS} connections, kept and new; {} restarts",
        outcome.answers + outcome.failures.len() as u64,
        restarts.load(Ordering::Relaxed),
    );
    figures.promised(NAME, failed, "", Promise::Under(1.0), &details);
    Ok(())
}

/// Restarts one node after the other until the load is over.
fn restart_in_turn(
    nodes: &[Installation; 2],
    servers: [Server; 2],
    (restarts, is_over): (&AtomicUsize, &AtomicBool),
) -> Result<()> {
    let mut servers = servers.map(Some);
    while !is_over.load(Ordering::Relaxed) {
        thread::sleep(PAUSE);
        let turn = restarts.load(Ordering::Relaxed) % 2;
        // It is told to stop, and waited for.
        drop(servers[turn].take());
        servers[turn] = Some(nodes[turn].serve()?);
        restarts.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Outcome {
    answers: u64,
    failures: Vec<String>,
}

#[derive(Debug, Default)]
struct Counts {
    answers: Cell<u64>,
    failures: RefCell<Vec<String>>,
    begun: Cell<u64>,
}

/// Sends them all, and more until the nodes have been restarted often enough.
fn run(address: SocketAddr, requests: &Requests, restarts: &Arc<AtomicUsize>) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let counts = Rc::new(Counts::default());
    let restarts = Arc::clone(restarts);
    let is_over = move |begun: u64| {
        begun >= REQUESTS && restarts.load(Ordering::Relaxed) >= FEWEST_RESTARTS
            || begun >= MOST_REQUESTS
    };
    LocalSet::new().block_on(&runtime, async {
        let clients = (0..CONNECTIONS).map(|number| {
            let client = Client {
                address,
                requests: Rc::clone(requests),
                counts: Rc::clone(&counts),
                numbers: Numbers::new(number as u64 + 1),
                longest: if number % 4 == 0 { SHORT } else { u32::MAX },
            };
            tokio::task::spawn_local(client.run(is_over.clone()))
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.context("a client's task")?;
        }
        anyhow::Ok(())
    })?;
    Ok(Outcome {
        answers: counts.answers.get(),
        failures: counts.failures.take(),
    })
}

struct Client {
    address: SocketAddr,
    requests: Requests,
    counts: Rc<Counts>,
    numbers: Numbers,
    longest: u32,
}

impl Client {
    async fn run(mut self, is_over: impl Fn(u64) -> bool) {
        let mut kept = None;
        let mut buffer = vec![0; 16 * 1024];
        while !is_over(self.counts.begun.get()) {
            self.counts.begun.set(self.counts.begun.get() + 1);
            match self.ask(&mut kept, &mut buffer).await {
                Ok(()) => self.counts.answers.set(self.counts.answers.get() + 1),
                Err(error) => {
                    kept = None;
                    self.counts.failures.borrow_mut().push(format!("{error:#}"));
                }
            }
        }
    }

    async fn ask(&mut self, kept: &mut Option<(TcpStream, u32)>, buffer: &mut [u8]) -> Result<()> {
        let (mut stream, used) = match kept.take() {
            Some(kept) => kept,
            None => {
                let stream = TcpStream::connect(self.address).await;
                let stream = stream.context("connecting")?;
                stream.set_nodelay(true)?;
                (stream, 0)
            }
        };
        let request = &self.requests[self.numbers.below(self.requests.len())];
        stream.write_all(request).await.context("sending")?;
        let is_kept = read_redirect(&mut stream, buffer).await?;
        if is_kept && used + 1 < self.longest {
            *kept = Some((stream, used + 1));
        }
        Ok(())
    }
}

/// Reads one whole answer, which has to be a 302; whether its connection is kept.
async fn read_redirect(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<bool> {
    let mut filled = 0;
    loop {
        let read = stream
            .read(&mut buffer[filled..])
            .await
            .context("reading")?;
        if read == 0 {
            bail!("closed after {filled} bytes of an answer");
        }
        filled += read;
        if let Some((length, is_kept)) = answer(&buffer[..filled])?
            && filled >= length
        {
            return Ok(is_kept);
        }
    }
}

/// The length of an answer with its body and whether its connection is kept, once its head is complete.
fn answer(bytes: &[u8]) -> Result<Option<(usize, bool)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 302 ") {
        bail!("not a 302 but {}", head.lines().next().unwrap_or_default());
    }
    let value = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(known, _)| *known == name);
        found.map(|(_, value)| value.trim().to_owned())
    };
    let length = value("content-length").context("an answer without a content-length")?;
    let is_kept = value("connection").is_none_or(|value| value != "close");
    Ok(Some((end + 4 + length.parse::<usize>()?, is_kept)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_long_it_is_and_whether_another_may_follow() {
        let kept = b"HTTP/1.1 302 Found\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(answer(kept).unwrap(), Some((kept.len(), true)));
        let last = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(answer(last).unwrap(), Some((last.len(), false)));
        assert!(answer(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").is_err());
    }
}
