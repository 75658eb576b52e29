//! Sends requests over HTTP.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::redirect::Policy;

use crate::error::ShownUrl;
use crate::http_client::{Body, HttpClient, MaxResponseBytes, SendError};

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

impl Transport {
    /// A transport that introduces itself as `user_agent`; Hex servers refuse who does not.
    ///
    /// Redirects are followed, and credentials stay with the scheme, host and port they were meant for.
    pub fn new(user_agent: &str) -> Result<Self, SendError> {
        let client = reqwest::Client::builder()
            .user_agent(user_agent)
            .redirect(Policy::limited(MAX_REDIRECTS))
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // Registry files are gzip by themselves and must arrive as they are.
            .no_gzip()
            .build()
            .map_err(|error| SendError::Start(error.into()))?;
        Ok(Self { client })
    }
}

impl HttpClient for Transport {
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        let url = ShownUrl::of_request(&request);
        let MaxResponseBytes(limit) = MaxResponseBytes::of(&request);
        let broken = |source: reqwest::Error| SendError::Broken {
            url: url.clone(),
            // The error would name the URL it ended up at, which may be signed.
            source: source.without_url().into(),
        };
        let request = request.map(|body| reqwest::Body::from(body.bytes().clone()));
        let request = reqwest::Request::try_from(request).map_err(broken)?;
        let mut response = self.client.execute(request).await.map_err(broken)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(SendError::TooLarge { url, limit });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        answer.extensions_mut().insert(url);
        Ok(answer)
    }
}
