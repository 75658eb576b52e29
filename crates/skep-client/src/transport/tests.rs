//! Against real servers that misbehave.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::*;
use crate::http_client::{AcceptGzip, MaxResponseBytes};

mod bad_answers;
mod options;
mod redirects;
mod repeating;
mod tls;
mod uploads;

/// What a test server does with a connection after it has read the head of a request.
enum Act {
    /// Sends this and closes.
    Send(Vec<u8>),
    /// Sends this, and then nothing for ever.
    Stall(Vec<u8>),
    /// Sends one byte of this each 20 ms, without end.
    Drip(Vec<u8>),
    /// Closes without a word.
    Close,
}

/// A server that plays `acts`, one for each connection; and the heads of the requests it got, in lower case.
async fn server(acts: impl IntoIterator<Item = Act>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let acts: Vec<Act> = acts.into_iter().collect();
    let (heads, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for act in acts {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = heads.send(read_head(&mut stream).await);
            tokio::spawn(play(stream, act));
        }
    });
    (url, asked)
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).to_lowercase()
}

async fn play(mut stream: TcpStream, act: Act) {
    match act {
        Act::Send(bytes) => drop(stream.write_all(&bytes).await),
        Act::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            std::future::pending::<()>().await;
        }
        Act::Drip(bytes) => {
            for byte in bytes.iter().cycle() {
                if stream.write_u8(*byte).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Act::Close => {}
    }
}

fn reply(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Act::Send([head.as_bytes(), body].concat())
}

fn ok(body: impl AsRef<[u8]>) -> Act {
    reply("200 OK", "", body)
}

fn redirect(to: &str) -> Act {
    reply("302 Found", &format!("location: {to}\r\n"), "")
}

fn get(url: &str) -> Request<Body> {
    let request = Request::get(url).header("authorization", "secret-key");
    request.body(Body::empty()).unwrap()
}

fn quick() -> Options {
    Options {
        read_timeout: Duration::from_millis(300),
        total_timeout: Duration::from_secs(2),
        backoff: Duration::from_millis(10),
        ..Options::default()
    }
}

fn transport() -> Transport {
    Transport::with_options("skep/test", quick()).unwrap()
}

/// The error, which names `url` and nothing that is secret.
async fn failure(request: Request<Body>, url: &str) -> SendError {
    let error = transport().send(request).await.unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text} {cause}");
        source = cause.source();
    }
    assert!(error.to_string().contains(url), "{error}");
    assert!(!text.contains("secret"), "{text}");
    error
}
