//! From a request to its answer: attempts, and in each of them redirects.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, EXPECT, HeaderValue};
use http::{Request, Response, StatusCode};
use reqwest::Url;

use super::receive::Receive;
use super::redirect::{Hop, is_redirect};
use super::{Transport, hide_credentials, retry, upload};
use crate::error::ShownUrl;
use crate::http_client::{AcceptGzip, Body, MaxResponseBytes, SendError, Sink};

impl Transport {
    pub(super) async fn exchange(
        &self,
        request: &Request<Body>,
        mut sink: Option<&mut (dyn Sink + Send)>,
    ) -> Result<Response<Bytes>, SendError> {
        let mut attempt = 0;
        loop {
            let followed = self.follow(request, reborrow(&mut sink));
            let result = match tokio::time::timeout(self.options.total_timeout, followed).await {
                Ok(result) => result,
                Err(_) => Err(SendError::Timeout {
                    url: ShownUrl::of_request(request),
                }),
            };
            match retry::wait(&self.options, request.method(), attempt, &result) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return result,
            }
            attempt += 1;
        }
    }

    async fn follow(
        &self,
        request: &Request<Body>,
        sink: Option<&mut (dyn Sink + Send)>,
    ) -> Result<Response<Bytes>, SendError> {
        let url = ShownUrl::of_request(request);
        let asked_gzip = request.extensions().get::<AcceptGzip>().is_some();
        let mut hop = first(request, &url, asked_gzip)?;
        let response = loop {
            let response = self.execute(&hop, &url).await?;
            let status = response.status();
            if status == StatusCode::EXPECTATION_FAILED && hop.headers.remove(EXPECT).is_some() {
                continue;
            }
            if !is_redirect(status) {
                break response;
            }
            let next = hop.follow(status, response.headers(), self.options.max_redirects);
            hop = next.map_err(|reason| SendError::Redirect {
                url: url.clone(),
                reason,
            })?;
        };
        let MaxResponseBytes(limit) = MaxResponseBytes::of(request);
        let receive = Receive {
            url: &url,
            timeout: self.options.read_timeout,
            limit,
            asked_gzip,
        };
        receive.receive(response, sink).await
    }

    async fn execute(&self, hop: &Hop, url: &ShownUrl) -> Result<reqwest::Response, SendError> {
        let mut request = reqwest::Request::new(hop.method.clone(), hop.url.clone());
        *request.headers_mut() = hop.headers.clone();
        if !hop.body.is_empty() {
            let wait = hop
                .headers
                .contains_key(EXPECT)
                .then_some(self.options.expect_wait);
            let (body, needs_length) = upload::body(&hop.body, wait);
            if needs_length {
                request
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from(hop.body.len()));
            }
            *request.body_mut() = Some(body);
        }
        let waits = hop.headers.contains_key(EXPECT);
        let limit = self.options.answer_timeout(hop.body.len(), waits);
        match tokio::time::timeout(limit, self.client.execute(request)).await {
            Ok(result) => result.map_err(|error| failed(url, error)),
            Err(_) => Err(SendError::Timeout { url: url.clone() }),
        }
    }
}

fn first(request: &Request<Body>, url: &ShownUrl, asked_gzip: bool) -> Result<Hop, SendError> {
    let target = Url::parse(&request.uri().to_string()).map_err(|_| SendError::Connect {
        url: url.clone(),
        source: "it is no URL".into(),
    })?;
    let mut headers = request.headers().clone();
    hide_credentials(&mut headers);
    if asked_gzip {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(Hop::first(
        request.method().clone(),
        target,
        headers,
        request.body().clone(),
    ))
}

/// The error without the URL it ended up at, which may be signed.
pub(super) fn failed(url: &ShownUrl, error: reqwest::Error) -> SendError {
    let url = url.clone();
    let error = error.without_url();
    match (error.is_timeout(), error.is_connect()) {
        (true, _) => SendError::Timeout { url },
        (false, true) => SendError::Connect {
            url,
            source: error.into(),
        },
        (false, false) => SendError::Broken {
            url,
            source: error.into(),
        },
    }
}

/// The same sink once more, for a shorter time.
fn reborrow<'short>(
    sink: &'short mut Option<&mut (dyn Sink + Send)>,
) -> Option<&'short mut (dyn Sink + Send)> {
    match sink {
        Some(sink) => Some(&mut **sink),
        None => None,
    }
}
