//! Sends requests over HTTP.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::redirect::Policy;

/// mix follows three; one more does no harm.
const MAX_REDIRECTS: usize = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Without a single byte, that is; a large file may take longer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests and receives whole answers. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport {
    client: reqwest::Client,
}

/// Why there is no answer. Holds no secret: URLs are without credentials and query.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The client could not be set up.
    #[error("the HTTP client could not be started")]
    Start(#[source] reqwest::Error),
    /// No connection, no answer, or a broken one.
    #[error("`{url}` could not be reached")]
    Send {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// More than the caller wants to have.
    #[error("the answer of `{url}` has more than `{limit}` bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The number of bytes allowed.
        limit: u64,
    },
}

impl Transport {
    /// A transport that introduces itself as `user_agent`; Hex servers refuse who does not.
    ///
    /// Redirects are followed, and credentials stay with the scheme, host and port they were meant for.
    pub fn new(user_agent: &str) -> Result<Self, TransportError> {
        let client = reqwest::Client::builder()
            .user_agent(user_agent)
            .redirect(Policy::limited(MAX_REDIRECTS))
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // Registry files are gzip by themselves and must arrive as they are.
            .no_gzip()
            .build()
            .map_err(TransportError::Start)?;
        Ok(Self { client })
    }

    /// Sends `request` and receives the answer, of at most `limit` bytes.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        limit: u64,
    ) -> Result<Response<Bytes>, TransportError> {
        let url = shown(request.uri());
        let failed = |source: reqwest::Error| TransportError::Send {
            url: url.clone(),
            // The error would name the URL it ended up at, which may be signed.
            source: source.without_url(),
        };
        let request = request.map(reqwest::Body::from);
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(TransportError::TooLarge { url, limit });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

fn shown(uri: &http::Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().unwrap_or_default();
    let port = uri
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{scheme}://{host}{port}{}", uri.path())
}

#[cfg(test)]
mod tests;
