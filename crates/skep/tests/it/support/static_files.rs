//! A folder behind the plainest of web servers: a GET, the file, and an ETag, without which rebar3 takes no
//! tarball.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;

use skep_formats::checksum::Sha256;

/// Serves `folder` until the test process ends, and gives its URL.
pub(crate) fn serve(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let folder = folder.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            // A client that hangs up early is its own business.
            thread::spawn(move || answer(stream, folder).ok());
        }
    });
    url
}

fn answer(mut stream: TcpStream, folder: PathBuf) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let target = request.split(' ').nth(1).unwrap_or_default();
    let path = Path::new(target.trim_start_matches('/'));
    let is_inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let file = match is_inside {
        true => fs_err::read(folder.join(path)).ok(),
        false => None,
    };
    let (status, body) = match file {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", Vec::new()),
    };
    let (length, etag) = (body.len(), Sha256::of(&body));
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\n\
         etag: \"{etag}\"\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}
