//! Files from the storage, on the way to their clients.

use axum::response::Response;
use data_encoding::HEXLOWER;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION, VARY};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use skep_formats::checksum::Sha256;

use super::Visit;
use super::answer::{Answered, internal, with_validators};
use crate::delivery::{Asker, LastUrl, Located, SignError, SignedUrl};
use crate::files::FileKey;
use crate::http::address::is_trusted;
use crate::http::{empty, files, is_known};

const ACCEL_REDIRECT: HeaderName = HeaderName::from_static("x-accel-redirect");

impl Visit<'_> {
    /// The file, or where it is, or that the client has it.
    pub(super) async fn deliver(&self, file: &FileKey, last_url: Option<&LastUrl>) -> Answered {
        let etag = etag_of(file.checksum());
        if is_known(self.call.headers, &etag) {
            return with_validators(empty(StatusCode::NOT_MODIFIED), etag).into();
        }
        let delivery = &self.node.delivery;
        let known = last_url.and_then(|last| delivery.last_url(file, last, self.now));
        let located = match known {
            Some(url) => Ok(Located::Redirect(url)),
            None => Box::pin(self.locate(file, last_url)).await,
        };
        let located = match located {
            Ok(located) => located,
            Err(error) => {
                tracing::error!(%error, "a file cannot be delivered");
                return internal().into();
            }
        };
        let way = delivery.way(&located);
        let response = match located {
            Located::Redirect(url) => redirect(&url, etag),
            Located::Accel(location) => with_validators(accelerated(file, location), etag),
            Located::Stream => self.stream(file).await,
        };
        let status = response.status();
        let is_delivered = status.is_success() || status == StatusCode::FOUND;
        Answered {
            response,
            way: is_delivered.then_some(way),
        }
    }

    async fn stream(&self, file: &FileKey) -> Response {
        let streamed = Box::pin(files::stream(
            &self.node.app.files,
            file,
            self.call.method,
            self.call.headers,
            "private, no-cache",
        ))
        .await;
        match streamed {
            Ok(mut response) => {
                response
                    .headers_mut()
                    .insert(VARY, HeaderValue::from_static("authorization"));
                response
            }
            Err(error) => files::unreadable(&error),
        }
    }

    async fn locate(&self, file: &FileKey, last: Option<&LastUrl>) -> Result<Located, SignError> {
        let (delivery, asker) = (&self.node.delivery, self.asker());
        match last {
            Some(last) => delivery.locate_and_keep(file, last, &asker, self.now).await,
            None => delivery.locate(file, &asker, self.now).await,
        }
    }

    fn asker(&self) -> Asker {
        let trusted = &self.node.app.config.server.trusted_proxies;
        Asker {
            address: self.address,
            drops_authorization: self.client.drops_authorization(),
            is_through_proxy: is_trusted(self.call.peer, trusted),
            wants_body: self.call.method == Method::GET,
        }
    }
}

fn redirect(url: &SignedUrl, etag: HeaderValue) -> Response {
    let mut response = empty(StatusCode::FOUND);
    let headers = response.headers_mut();
    headers.insert(LOCATION, url.header_value());
    headers.insert(ETAG, etag);
    // The URL is good for minutes, whoever has it.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What nginx replaces by the file: it keeps the media type and what caches are told, and makes an
/// `ETag` of its own.
fn accelerated(file: &FileKey, location: HeaderValue) -> Response {
    let mut response = empty(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(ACCEL_REDIRECT, location);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type()));
    response
}

/// The checksum in quotes. This is on the way of most requests, and formatting takes its time.
fn etag_of(checksum: Sha256) -> HeaderValue {
    let mut quoted = [b'"'; 66];
    HEXLOWER.encode_mut(checksum.as_bytes(), &mut quoted[1..65]);
    HeaderValue::from_bytes(&quoted).expect("hexadecimal digits in quotes are a header value")
}
