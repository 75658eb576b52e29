//! Receives an answer's body, bounded.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Response};
use skep_formats::gzip;

use super::exchange::failed;
use crate::error::ShownUrl;
use crate::http_client::{SendError, Sink};

/// What a refusal may have, in bytes.
const MAX_REFUSAL_BYTES: u64 = 1024 * 1024;

/// How an answer is received.
pub(super) struct Receive<'a> {
    pub(super) url: &'a ShownUrl,
    pub(super) limit: u64,
    /// How long the server may send nothing.
    pub(super) timeout: Duration,
    /// Whether the request asked for a compressed body.
    pub(super) asked_gzip: bool,
}

impl Receive<'_> {
    /// The whole answer, or the answer without its body, which went to `sink`.
    pub(super) async fn receive(
        &self,
        mut response: reqwest::Response,
        sink: Option<&mut (dyn Sink + Send)>,
    ) -> Result<Response<Bytes>, SendError> {
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        answer.extensions_mut().insert(self.url.clone());
        let is_packed = self.asked_gzip && is_gzip(answer.headers());
        match sink.filter(|_| answer.status().is_success()) {
            Some(sink) if !is_packed => self.stream(response, sink).await?,
            Some(sink) => {
                let body = self.unpacked(response, &mut answer).await?;
                let given = sink.restart().and_then(|()| sink.write(&body));
                given.map_err(|source| self.not_stored(source))?;
            }
            None if is_packed => *answer.body_mut() = self.unpacked(response, &mut answer).await?,
            None => {
                let limit = match answer.status().is_success() {
                    true => self.limit,
                    false => self.limit.max(MAX_REFUSAL_BYTES),
                };
                *answer.body_mut() = self.collect(response, limit).await?;
            }
        }
        Ok(answer)
    }

    async fn stream(
        &self,
        mut response: reqwest::Response,
        sink: &mut (dyn Sink + Send),
    ) -> Result<(), SendError> {
        sink.restart().map_err(|source| self.not_stored(source))?;
        let mut received = 0;
        while let Some(piece) = self.next(&mut response).await? {
            received += piece.len() as u64;
            self.check(received, self.limit)?;
            sink.write(&piece)
                .map_err(|source| self.not_stored(source))?;
        }
        Ok(())
    }

    async fn next(&self, response: &mut reqwest::Response) -> Result<Option<Bytes>, SendError> {
        match tokio::time::timeout(self.timeout, response.chunk()).await {
            Ok(piece) => piece.map_err(|error| failed(self.url, error)),
            Err(_) => Err(SendError::Timeout {
                url: self.url.clone(),
            }),
        }
    }

    async fn collect(
        &self,
        mut response: reqwest::Response,
        limit: u64,
    ) -> Result<Bytes, SendError> {
        let mut body = BytesMut::new();
        while let Some(piece) = self.next(&mut response).await? {
            self.check((body.len() + piece.len()) as u64, limit)?;
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    async fn unpacked(
        &self,
        response: reqwest::Response,
        answer: &mut Response<Bytes>,
    ) -> Result<Bytes, SendError> {
        let packed = self.collect(response, self.limit).await?;
        for name in [CONTENT_ENCODING, CONTENT_LENGTH] {
            answer.headers_mut().remove(name);
        }
        if packed.is_empty() {
            return Ok(packed);
        }
        let unpacked = gzip::decompress(&packed[..], self.limit);
        let url = self.url.clone();
        unpacked
            .map(Bytes::from)
            .map_err(|source| SendError::Encoding { url, source })
    }

    fn check(&self, received: u64, limit: u64) -> Result<(), SendError> {
        let url = self.url.clone();
        match received > limit {
            true => Err(SendError::TooLarge { url, limit }),
            false => Ok(()),
        }
    }

    fn not_stored(&self, source: std::io::Error) -> SendError {
        SendError::Sink {
            url: self.url.clone(),
            source,
        }
    }
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let encoding = headers
        .get(CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok());
    encoding.is_some_and(|encoding| {
        matches!(
            encoding.trim().to_ascii_lowercase().as_str(),
            "gzip" | "x-gzip"
        )
    })
}
