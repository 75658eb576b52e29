//! Streaming a large tarball from a folder, against nginx that copies it as we do.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    thread,
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use super::{
    Bench,
    figures::{Figures, Promise},
    installation::Installation,
    measure::median,
    nginx::{self, Site},
    packages,
};
use crate::process::on_path;

const NAME: &str = "streaming a tarball of 10 MiB from a folder, against nginx with `sendfile off`";
const MIB: usize = 1024 * 1024;
const SIZE_KIB: usize = 10 * 1024;
const ROUNDS: usize = 5;
const CONNECTIONS: usize = 4;
/// Of each connection in a round.
const DOWNLOADS: usize = 50;

/// Into an installation of its own, delivery `direct`.
pub(super) fn measure(bench: &Bench, figures: &mut Figures) -> Result<()> {
    if !on_path("nginx") {
        figures.not_measured(
            NAME,
            "nginx is not installed (`apt-get install nginx-light`)",
        );
        return Ok(());
    }
    let folder = bench.folder.path().join("large");
    packages::make_sized(&folder, 1, (SIZE_KIB, SIZE_KIB))?;
    let tarball = folder.join("sized_0000-1.0.0.tar");
    let mut installation = Installation::empty(bench, "streaming")?;
    installation.set("SKEP_DELIVERY__MODE", "direct");
    installation.publish(&[&tarball])?;
    installation.import_licenses(1)?;
    let _server = installation.serve()?;
    let key = &installation.keys[0];
    let (_nginx, nginx_address) = nginx::serve(
        &bench.folder.path().join("nginx-large"),
        Site::Folder(&folder),
    )?;

    let ours = Download {
        address: installation.address,
        path: "/repo/tarballs/sized_0000-1.0.0.tar",
        key,
        length: fs::metadata(&tarball)?.len(),
    };
    let theirs = Download {
        address: nginx_address,
        path: "/sized_0000-1.0.0.tar",
        ..ours
    };
    ours.check(&tarball)?;
    theirs.check(&tarball)?;
    let mut pairs = Vec::new();
    for _ in 0..ROUNDS {
        pairs.push((ours.per_second()?, theirs.per_second()?));
    }
    let middle =
        |value: fn(&(f64, f64)) -> f64| median(&pairs.iter().map(value).collect::<Vec<_>>());
    let details = format!(
        "median of {ROUNDS} alternating rounds of {} downloads on {CONNECTIONS} connections; {:.0} and {:.0} MiB per second",
        CONNECTIONS * DOWNLOADS,
        middle(|pair| pair.0),
        middle(|pair| pair.1),
    );
    let ratio = middle(|pair| pair.0 / pair.1);
    figures.promised(NAME, ratio, "", Promise::AtLeast(0.7), &details);
    Ok(())
}

/// One file of one server.
#[derive(Debug, Clone, Copy)]
struct Download<'a> {
    address: SocketAddr,
    path: &'a str,
    key: &'a str,
    length: u64,
}

impl Download<'_> {
    /// Once, compared byte by byte.
    fn check(&self, file: &Path) -> Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        let mut bytes = Vec::new();
        self.fetch(&mut stream, |part| bytes.extend_from_slice(part))?;
        ensure!(bytes == fs::read(file)?, "{} sends other bytes", self.path);
        Ok(())
    }

    /// MiB in a second, all connections together.
    fn per_second(&self) -> Result<f64> {
        let started = Instant::now();
        thread::scope(|scope| {
            let connections: Vec<_> = (0..CONNECTIONS)
                .map(|_| scope.spawn(|| self.fetch_often()))
                .collect();
            connections
                .into_iter()
                .try_for_each(|connection| connection.join().ok().context("a panic")?)
        })?;
        let bytes = self.length as f64 * (CONNECTIONS * DOWNLOADS) as f64;
        Ok(bytes / MIB as f64 / started.elapsed().as_secs_f64())
    }

    fn fetch_often(&self) -> Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        for _ in 0..DOWNLOADS {
            self.fetch(&mut stream, |_| {})?;
        }
        Ok(())
    }

    /// Sends one request and reads the answer to its end.
    fn fetch(&self, stream: &mut TcpStream, mut take: impl FnMut(&[u8])) -> Result<()> {
        write!(
            stream,
            "GET {} HTTP/1.1\r\nhost: {}\r\nuser-agent: bench\r\nauthorization: {}\r\n\r\n",
            self.path, self.address, self.key
        )?;
        let mut buffer = vec![0; 256 * 1024];
        let mut filled = 0;
        let end = loop {
            let read = stream.read(&mut buffer[filled..])?;
            ensure!(read > 0, "the server closed the connection");
            filled += read;
            let head = &buffer[..filled];
            if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        ensure!(
            buffer.starts_with(b"HTTP/1.1 200"),
            "{} is answered by {}",
            self.path,
            String::from_utf8_lossy(&buffer[..end])
        );
        take(&buffer[end..filled]);
        let mut left = self.length - (filled - end) as u64;
        while left > 0 {
            let read = stream.read(&mut buffer)?;
            ensure!(read > 0, "the server closed the connection");
            take(&buffer[..read]);
            left = left.checked_sub(read as u64).context("too many bytes")?;
        }
        Ok(())
    }
}
