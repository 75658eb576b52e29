//! A line to a server that can be cut, made silent and mended.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::port::free_port;

/// Passes connections on to a server; it ends with its test.
pub(crate) struct Line {
    /// `127.0.0.1:PORT`: this end of it.
    pub(crate) address: String,
    server: Arc<str>,
    is_silent: watch::Sender<bool>,
    running: Option<JoinHandle<()>>,
}

impl Line {
    /// A line to `127.0.0.1:PORT`.
    pub(crate) async fn to(server: &str) -> Self {
        let mut line = Self {
            address: format!("127.0.0.1:{}", free_port()),
            server: server.into(),
            is_silent: watch::Sender::new(false),
            running: None,
        };
        line.mend().await;
        line
    }

    /// Ends every connection; nobody listens any more.
    pub(crate) async fn cut(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            assert!(running.await.expect_err("it runs for ever").is_cancelled());
        }
    }

    /// Connections are taken and kept, and nothing comes through.
    pub(crate) fn silence(&self) {
        self.is_silent.send_replace(true);
    }

    /// Everything comes through.
    pub(crate) async fn mend(&mut self) {
        self.is_silent.send_replace(false);
        if self.running.is_some() {
            return;
        }
        let listener = TcpListener::bind(&self.address).await;
        let listener = listener.expect("a free port");
        let (server, is_silent) = (Arc::clone(&self.server), self.is_silent.subscribe());
        self.running = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connect(client, Arc::clone(&server), is_silent.clone()));
            }
        }));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

async fn connect(
    client: TcpStream,
    server: Arc<str>,
    is_silent: watch::Receiver<bool>,
) -> io::Result<()> {
    let server = TcpStream::connect(&*server).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = pass(from_client, to_server, is_silent.clone());
    let back = pass(from_server, to_client, is_silent);
    tokio::try_join!(there, back).map(|_| ())
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut is_silent: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut block = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut block).await?;
        // The line is there as long as its test.
        let _ = is_silent.wait_for(|is_silent| !is_silent).await;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&block[..count]).await?;
    }
}
