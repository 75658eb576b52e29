//! How much has come, for whoever sits at a terminal.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use indicatif::{ProgressBar, ProgressStyle};
use skep_client::http_client::{Body, HttpClient, SendError, Sink};

use crate::output::has_terminal;

const STYLE: &str = "{spinner} {msg} {bytes} {binary_bytes_per_sec}";

/// A client that shows what it receives. The line is gone when it is dropped.
pub(super) struct Shown<'a, C> {
    client: &'a C,
    bar: Option<ProgressBar>,
}

impl<'a, C> Shown<'a, C> {
    /// Shows `what` is fetched; nothing where nobody sits.
    pub(super) fn new(client: &'a C, what: String) -> Self {
        let bar = has_terminal().then(|| {
            let style = ProgressStyle::with_template(STYLE);
            let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = ProgressBar::new_spinner().with_style(style);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.with_message(what)
        });
        Self { client, bar }
    }
}

impl<C> Drop for Shown<'_, C> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl<C: HttpClient> HttpClient for Shown<'_, C> {
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        self.client.send(request).await
    }

    async fn send_to(
        &self,
        request: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> Result<Response<Bytes>, SendError> {
        let Some(bar) = &self.bar else {
            return self.client.send_to(request, sink).await;
        };
        let mut counted = Counted { sink, bar };
        self.client.send_to(request, &mut counted).await
    }
}

struct Counted<'a> {
    sink: &'a mut (dyn Sink + Send),
    bar: &'a ProgressBar,
}

impl Sink for Counted<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.bar.inc(piece.len() as u64);
        self.sink.write(piece)
    }

    fn restart(&mut self) -> io::Result<()> {
        self.bar.set_position(0);
        self.sink.restart()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_arrives() {
        let (mut sink, bar) = (Vec::new(), ProgressBar::hidden());
        let mut counted = Counted {
            sink: &mut sink,
            bar: &bar,
        };
        counted.write(b"lost").unwrap();
        counted.restart().unwrap();
        counted.write(b"whole").unwrap();
        assert_eq!((bar.position(), sink.as_slice()), (5, &b"whole"[..]));
    }
}
