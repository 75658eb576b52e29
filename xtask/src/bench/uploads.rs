//! What publishing over HTTP costs, against hashing the same bytes and bringing them to the disk.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use skep_formats::checksum::Sha256;

use super::{
    Bench,
    figures::{Figures, Promise},
    installation::{Installation, get},
    measure::median_seconds,
    packages,
};

const ROUNDS: usize = 21;
const AT_ONCE: usize = 50;
const KIB: usize = 1_024;

/// Into an installation of its own, with its server running.
pub(super) fn measure(bench: &Bench, figures: &mut Figures) -> Result<()> {
    let installation = Installation::empty(bench, "uploads")?;
    let key = installation.api_key()?;
    let _server = installation.serve()?;
    let folder = bench.folder.path().join("uploads-tarballs");
    packages::make_sized(&folder, ROUNDS + AT_ONCE, (KIB, KIB))?;
    let mut tarballs = Vec::new();
    for number in 0..ROUNDS + AT_ONCE {
        let package = format!("sized_{number:04}");
        let tarball = fs::read(folder.join(format!("{package}-1.0.0.tar")))?;
        tarballs.push((package, tarball));
    }
    let (single, many) = tarballs.split_at(ROUNDS);
    one_by_one(single, installation.address, (&key, &folder), figures)?;
    at_once(many, installation.address, &key, figures)
}

fn one_by_one(
    tarballs: &[(String, Vec<u8>)],
    address: SocketAddr,
    (key, folder): (&str, &Path),
    figures: &mut Figures,
) -> Result<()> {
    let (mut publishing, mut writing) = (Vec::new(), Vec::new());
    for (package, tarball) in tarballs {
        writing.push(hash_and_write(tarball, folder)?);
        let start = Instant::now();
        publish(address, key, (package, tarball))?;
        publishing.push(start.elapsed());
    }
    let (ours, peer) = (median_seconds(&publishing), median_seconds(&writing));
    let size: usize = tarballs.iter().map(|(_, tarball)| tarball.len()).sum();
    let details = format!(
        "median of {ROUNDS}; {:.1} and {:.1} ms; {} KiB on average",
        ours * 1e3,
        peer * 1e3,
        size / tarballs.len() / 1024
    );
    let name =
        "publishing a tarball of 1 MiB over HTTP, against hashing and fsync of the same bytes";
    figures.promised(name, ours / peer, "", Promise::Under(3.0), &details);
    Ok(())
}

/// SHA-256, the file, its bytes on the disk, its name on the disk.
fn hash_and_write(bytes: &[u8], folder: &Path) -> Result<Duration> {
    let start = Instant::now();
    let name = folder.join(Sha256::of(bytes).to_string());
    let mut file = File::create(&name)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(start.elapsed())
}

fn at_once(
    tarballs: &[(String, Vec<u8>)],
    address: SocketAddr,
    key: &str,
    figures: &mut Figures,
) -> Result<()> {
    let start = Instant::now();
    thread::scope(|scope| {
        let publishers: Vec<_> = tarballs
            .iter()
            .map(|(package, tarball)| {
                scope.spawn(move || publish(address, key, (package, tarball)))
            })
            .collect();
        publishers
            .into_iter()
            .try_for_each(|publisher| publisher.join().ok().context("a publisher panicked")?)
    })?;
    let time = start.elapsed();
    let mut lost = 0;
    for (package, _) in tarballs {
        let path = format!("/api/packages/{package}/releases/1.0.0");
        let headers = format!("user-agent: bench\r\nauthorization: {key}\r\n");
        lost += usize::from(!get(address, &path, &headers)?.contains(" 200 "));
    }
    let name = format!("releases lost of {AT_ONCE} published at once");
    let per_second = AT_ONCE as f64 / time.as_secs_f64();
    let details = format!("{per_second:.1} of 1 MiB per second");
    figures.promised(&name, lost as f64, "", Promise::Under(1.0), &details);
    Ok(())
}

/// On a connection of its own, as tools do; returns when the answer has come.
fn publish(address: SocketAddr, key: &str, (package, tarball): (&str, &[u8])) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let length = tarball.len();
    let head = format!(
        "POST /api/packages/{package}/releases?replace=false HTTP/1.1\r\nhost: {address}\r\nuser-agent: bench\r\n\
         authorization: {key}\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(tarball)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(
        answer.starts_with("HTTP/1.1 201"),
        "publishing {package} was answered by {answer}"
    );
    Ok(())
}
