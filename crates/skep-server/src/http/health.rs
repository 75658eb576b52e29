//! Whether this node is alive, and whether it should get requests.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use crate::http::text;
use crate::node::{Node, Readiness};

/// `GET /healthz`: the process answers.
pub(crate) async fn healthz() -> Response {
    uncached(text(StatusCode::OK, "ok\n"))
}

/// `GET /readyz`: send requests here, or not. A node whose database is away still serves everything
/// it knows, and so does one whose database a newer version has migrated.
pub(crate) async fn readyz(State(node): State<Arc<Node>>) -> Response {
    let (status, body) = match node.readiness() {
        Readiness::Ready => (StatusCode::OK, "ready\n"),
        Readiness::NewerSchema => (StatusCode::OK, "degraded: schema\n"),
        Readiness::DatabaseAway => (StatusCode::OK, "degraded: database\n"),
        Readiness::PrebuiltBehind => (StatusCode::OK, "degraded: prebuilt repository\n"),
        Readiness::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
    };
    uncached(text(status, body))
}

fn uncached(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
