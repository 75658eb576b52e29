//! The load: keep-alive connections on one thread, one request at a time on each, every answer read and checked.

use std::{
    cell::Cell,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
};

use super::packages::Numbers;

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) connections: usize,
    /// It ends after so many answers,
    pub(super) answers: u64,
    /// or after this time, whichever is first.
    pub(super) time: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) answers: u64,
    pub(super) per_second: f64,
}

/// The requests there are, each complete.
pub(super) type Requests = Rc<Vec<Vec<u8>>>;

/// Sends requests picked at random (the same on every run), the connections divided among the addresses. Fails at the first answer that is not a 302.
pub(super) fn run(
    addresses: &[SocketAddr],
    requests: &Requests,
    bounds: Bounds,
) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, async {
        let started = Instant::now();
        let answers = Rc::new(Cell::new(0));
        let connections: Vec<_> = (0..bounds.connections)
            .map(|number| {
                let connection = Connection {
                    requests: Rc::clone(requests),
                    answers: Rc::clone(&answers),
                    numbers: Numbers::new(number as u64 + 1),
                    most: bounds.answers,
                    end: started + bounds.time,
                };
                let address = addresses[number % addresses.len()];
                tokio::task::spawn_local(connection.run(address))
            })
            .collect();
        for connection in connections {
            connection.await.context("a connection's task")??;
        }
        Ok(Outcome {
            answers: answers.get(),
            per_second: answers.get() as f64 / started.elapsed().as_secs_f64(),
        })
    })
}

struct Connection {
    requests: Requests,
    answers: Rc<Cell<u64>>,
    numbers: Numbers,
    most: u64,
    end: Instant,
}

impl Connection {
    async fn run(mut self, address: SocketAddr) -> Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut buffer = vec![0; 16 * 1024];
        while self.answers.get() < self.most && Instant::now() < self.end {
            let request = &self.requests[self.numbers.below(self.requests.len())];
            stream.write_all(request).await?;
            read_redirect(&mut stream, &mut buffer).await?;
            self.answers.set(self.answers.get() + 1);
        }
        Ok(())
    }
}

/// Reads one whole answer. There is never more than one on its way.
async fn read_redirect(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    loop {
        ensure!(filled < buffer.len(), "an answer longer than the buffer");
        let read = stream.read(&mut buffer[filled..]).await?;
        ensure!(read > 0, "the server closed the connection");
        filled += read;
        if let Some(length) = answer_length(&buffer[..filled])? {
            ensure!(filled <= length, "more than one answer to one request");
            if filled == length {
                return Ok(());
            }
        }
    }
}

/// The length of an answer with its body, once its head is complete; an error unless it is a 302.
fn answer_length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &bytes[..end];
    if !head.starts_with(b"HTTP/1.1 302 ") {
        bail!("not a 302 but {}", String::from_utf8_lossy(head));
    }
    let length = head
        .split(|byte| *byte == b'\n')
        .find_map(|line| {
            let (name, value) = line.split_at_checked(b"content-length:".len())?;
            let found = name.eq_ignore_ascii_case(b"content-length:");
            found.then(|| {
                std::str::from_utf8(value)
                    .ok()?
                    .trim()
                    .parse::<usize>()
                    .ok()
            })?
        })
        .context("an answer without a content-length")?;
    Ok(Some(end + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_with_its_body() {
        let answer = b"HTTP/1.1 302 Found\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(answer_length(answer).unwrap(), Some(answer.len()));
        assert_eq!(answer_length(&answer[..30]).unwrap(), None);
    }

    #[test]
    fn only_a_302_counts() {
        assert!(answer_length(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
