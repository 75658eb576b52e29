//! Load: clients that ask one request after the other, on connections that are kept or on new ones, and
//! count every answer that is not the one they want.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Clients at work.
#[derive(Debug)]
pub(crate) struct Load {
    counts: Arc<Counts>,
    clients: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Counts {
    stop: AtomicBool,
    answered: AtomicU64,
    failures: std::sync::Mutex<Vec<String>>,
}

/// What all clients ask for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
    /// Taken in turn.
    pub(crate) paths: Vec<String>,
    pub(crate) key: String,
}

impl Load {
    /// Starts clients that keep their connections, and clients that take a new one for each request.
    pub(crate) fn start(wanted: &Wanted, keeping: usize, renewing: usize) -> Self {
        let counts = Arc::new(Counts::default());
        let clients = (0..keeping + renewing).map(|number| {
            let (wanted, counts) = (wanted.clone(), Arc::clone(&counts));
            thread::spawn(move || client(&wanted, &counts, number < keeping, number))
        });
        Self {
            clients: clients.collect(),
            counts,
        }
    }

    /// How many were answered so far.
    pub(crate) fn answered(&self) -> u64 {
        self.counts.answered.load(Ordering::Relaxed)
    }

    /// Waits until so many more were answered.
    #[track_caller]
    pub(crate) fn wait_for(&self, more: u64) {
        let wanted = self.answered() + more;
        for _ in 0..6_000 {
            if self.answered() >= wanted {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("only {} of {wanted} after a minute", self.answered());
    }

    /// Ends it: how many were answered, and what went wrong.
    pub(crate) fn end(self) -> (u64, Vec<String>) {
        self.counts.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().expect("no client panicked");
        }
        let failures = self.counts.failures.lock().expect("no client panicked");
        (
            self.counts.answered.load(Ordering::Relaxed),
            failures.clone(),
        )
    }
}

fn client(wanted: &Wanted, counts: &Counts, keeps: bool, number: usize) {
    let mut connection = None;
    let mut turn = number;
    while !counts.stop.load(Ordering::Relaxed) {
        turn += 1;
        let path = &wanted.paths[turn % wanted.paths.len()];
        match ask(wanted, path, keeps, &mut connection) {
            Ok(()) => {
                counts.answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                connection = None;
                let mut failures = counts.failures.lock().expect("no client panicked");
                failures.push(format!("{path}: {error}"));
            }
        }
    }
}

/// One request. A connection is kept unless one side says otherwise.
fn ask(
    wanted: &Wanted,
    path: &str,
    keeps: bool,
    kept: &mut Option<BufReader<TcpStream>>,
) -> Result<(), String> {
    let said = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
    let mut reader = match kept.take() {
        Some(reader) => reader,
        None => {
            let stream = TcpStream::connect(&wanted.address).map_err(said("connecting"))?;
            let timeout = Some(Duration::from_secs(30));
            stream
                .set_read_timeout(timeout)
                .map_err(said("a timeout"))?;
            BufReader::new(stream)
        }
    };
    let (key, ending) = (
        &wanted.key,
        if keeps { "" } else { "connection: close\r\n" },
    );
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: skep\r\nauthorization: {key}\r\n{ending}\r\n");
    let sent = reader.get_mut().write_all(request.as_bytes());
    sent.map_err(said("sending"))?;
    let (mut length, mut is_last) = (None, !keeps);
    let mut lines = 0;
    loop {
        let mut line = String::new();
        let count = reader.read_line(&mut line).map_err(said("reading"))?;
        let line = line.trim_end().to_ascii_lowercase();
        if count == 0 {
            return Err("the connection was closed without an answer".to_owned());
        }
        if lines == 0 && !line.starts_with("http/1.1 200") {
            return Err(line);
        }
        lines += 1;
        match line.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse::<u64>().ok(),
            Some(("connection", value)) => is_last |= value.trim() == "close",
            _ => {}
        }
        if line.is_empty() {
            break;
        }
    }
    let length = length.ok_or("no content-length")?;
    let body = std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink());
    if body.map_err(said("reading the body"))? != length {
        return Err("half a body".to_owned());
    }
    if !is_last {
        *kept = Some(reader);
    }
    Ok(())
}
