//! Sends requests over HTTP, with `reqwest`.
//!
//! Redirects are followed by hand: `Authorization` and one-time passwords stay with the scheme, host and port they were
//! meant for. What may be repeated is repeated when the connection breaks or the server is overloaded. Time and size of
//! every answer are bounded.

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response};

use crate::http_client::{Body, HttpClient, SendError, Sink};

#[cfg(feature = "blocking")]
mod blocking;
mod exchange;
mod options;
mod receive;
mod redirect;
mod retry;
mod upload;

#[cfg(feature = "blocking")]
pub use blocking::BlockingTransport;
pub use options::{Options, ProxySettings};

/// Sends requests and receives their answers. Clones share their connections.
///
/// Futures can be dropped at any time; what was not received then is never seen.
#[derive(Debug, Clone)]
pub struct Transport {
    client: reqwest::Client,
    options: Options,
}

impl Transport {
    /// A transport that introduces itself as `user_agent` where a request does not say who asks; Hex servers refuse who
    /// does not.
    ///
    /// # Errors
    /// [`SendError::Start`]: the system's certificates cannot be read, for example.
    pub fn new(user_agent: &str) -> Result<Self, SendError> {
        Self::with_options(user_agent, Options::default())
    }

    /// The same with other timeouts, retries, proxies or certificates.
    ///
    /// # Errors
    /// [`SendError::Start`]: a certificate or a proxy's URL in `options` cannot be used.
    pub fn with_options(user_agent: &str, options: Options) -> Result<Self, SendError> {
        let client = options.client(user_agent)?;
        Ok(Self { client, options })
    }
}

impl HttpClient for Transport {
    async fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        self.exchange(&request, None).await
    }

    async fn send_to(
        &self,
        request: Request<Body>,
        sink: &mut (dyn Sink + Send),
    ) -> Result<Response<Bytes>, SendError> {
        self.exchange(&request, Some(sink)).await
    }
}

/// `http` prints what is not marked.
fn hide_credentials(headers: &mut http::HeaderMap) {
    if let Some(value) = headers.get_mut(AUTHORIZATION) {
        HeaderValue::set_sensitive(value, true);
    }
}

#[cfg(test)]
mod tests;
