//! Bodies that tell how far they are, or wait for the server.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;

use crate::http_client::Body;

const PIECE: usize = 64 * 1024;

/// The body as `reqwest` sends it, whether it must be told its length, and after `wait` at the earliest. An answer that
/// arrives before that ends the request without the body.
pub(super) fn body(body: &Body, wait: Option<Duration>) -> (reqwest::Body, bool) {
    if wait.is_none() && body.progress().is_none() {
        return (reqwest::Body::from(body.bytes().clone()), false);
    }
    let total = body.len() as u64;
    let state = (body.bytes().clone(), wait, body.progress().cloned());
    let pieces = stream::unfold(state, move |(mut rest, wait, progress)| async move {
        if let Some(wait) = wait {
            tokio::time::sleep(wait).await;
        }
        if rest.is_empty() {
            return None;
        }
        let piece = rest.split_to(rest.len().min(PIECE));
        if let Some(progress) = &progress {
            progress(total - rest.len() as u64, total);
        }
        Some((Ok::<Bytes, Infallible>(piece), (rest, None, progress)))
    });
    (reqwest::Body::wrap_stream(pieces), true)
}
