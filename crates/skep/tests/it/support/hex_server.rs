//! Another server, made up by a test: one request a connection, and every request kept.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came; header names in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// The value of a header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value)
    }

    /// A field of a body in JSON; empty if there is none.
    pub(crate) fn field(&self, name: &str) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body[name].as_str().unwrap_or_default().to_owned()
    }
}

/// What to say.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Claims a longer body than it sends, and then sends nothing more for so long.
    pub(crate) stalls: Option<Duration>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            stalls: None,
        }
    }

    pub(crate) fn json(status: u16, value: serde_json::Value) -> Self {
        Self::new(status, value.to_string()).with("content-type", "application/json")
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Runs until the test process ends.
#[derive(Debug)]
pub(crate) struct HexServer {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl HexServer {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                // A client that hangs up early is its own business.
                thread::spawn(move || serve(stream, &kept, &*answer).ok());
            }
        });
        Self { url, asked }
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no thread panicked").clone()
    }

    /// The requests of a kind, such as `GET /api/users/me`.
    pub(crate) fn asked_for(&self, what: &str) -> Vec<Asked> {
        let mut asked = self.asked();
        asked.retain(|request| format!("{} {}", request.method, request.path) == what);
        asked
    }
}

fn serve(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Asked>>,
    answer: &dyn Fn(&Asked) -> Answer,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut asked = head(&mut reader)?;
    if asked.header("expect") == "100-continue" {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let length = asked.header("content-length").parse().unwrap_or(0);
    reader.take(length).read_to_end(&mut asked.body)?;
    let answer = answer(&asked);
    kept.lock().expect("no thread panicked").push(asked);
    let length = answer.body.len() + usize::from(answer.stalls.is_some());
    let status = answer.status;
    let mut head =
        format!("HTTP/1.1 {status} Answer\r\ncontent-length: {length}\r\nconnection: close\r\n");
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&answer.body)?;
    stream.flush()?;
    thread::sleep(answer.stalls.unwrap_or_default());
    Ok(())
}

fn head(reader: &mut impl BufRead) -> io::Result<Asked> {
    let mut lines = reader.lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut words = first.split(' ').map(str::to_owned);
    let mut asked = Asked {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Asked::default()
    };
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let name = name.to_ascii_lowercase();
        asked.headers.push((name, value.trim().to_owned()));
    }
    Ok(asked)
}
