//! `/metrics`, for Prometheus and nobody else.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use skep_formats::checksum::Sha256;

use crate::config::Secret;
use crate::http::authorization::Authorization;
use crate::http::text;
use crate::metrics;
use crate::node::Node;

/// `GET /metrics` at the server's own address: there only with a token, and only when it has no address
/// of its own.
pub(crate) async fn show(State(node): State<Arc<Node>>, headers: HeaderMap) -> Option<Response> {
    let settings = &node.app.config.metrics;
    if settings.listen.is_some() || settings.token.is_none() {
        return None;
    }
    Some(answer(&node, &headers).await)
}

/// The metrics, for whoever has the token where there is one.
pub(crate) async fn answer(node: &Arc<Node>, headers: &HeaderMap) -> Response {
    if let Some(token) = &node.app.config.metrics.token
        && !is_bearer_of(token, headers)
    {
        return refusal();
    }
    let mut response = text(StatusCode::OK, metrics::text(node).await);
    let kind = HeaderValue::from_static(metrics::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn is_bearer_of(token: &Secret, headers: &HeaderMap) -> bool {
    let is_token = |sent: &str| {
        // Comparing checksums tells nothing of the secret, not even its length.
        let (sent, token) = (
            Sha256::of(sent.as_bytes()),
            Sha256::of(token.reveal().as_bytes()),
        );
        verify_slices_are_equal(&sent.0, &token.0).is_ok()
    };
    Authorization::read(
        headers,
        |found| matches!(found, Authorization::Bearer(sent) if is_token(sent)),
    )
}

fn refusal() -> Response {
    let mut response = text(
        StatusCode::UNAUTHORIZED,
        "the token of [metrics] has to come as `Authorization: Bearer TOKEN`\n",
    );
    let bearer = HeaderValue::from_static("Bearer");
    response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    response
}
