//! `/packages/NAME/releases/VERSION/docs`: documentation by itself.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;

use crate::accounts::caller::{Caller, Need};
use crate::catalog::owners::{self, Level};
use crate::catalog::{documentation, packages};
use crate::http::api::place::OfRelease;
use crate::http::api::shapes::Urls;
use crate::http::api::{Answer, ApiError, upload};
use crate::http::auth::{Authenticated, AuthenticatedForWrite, require};
use crate::http::files;
use crate::node::Node;

/// `GET`: the file itself.
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    OfRelease {
        repository,
        package,
        version,
    }: OfRelease,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let found = packages::show_release(&node.app, Some(&repository), (&package, &version)).await?;
    let Some(key) = found.release.docs_key(&found.package) else {
        return Err(ApiError::not_found(format!(
            "release `{package} {version}` has no documentation"
        )));
    };
    let cache = "private, no-cache";
    let file = files::stream(&node.app.files, &key, &method, &headers, cache).await;
    Ok(file.unwrap_or_else(|error| ApiError::internal(&error).into_response()))
}

/// `POST`
pub(crate) async fn publish(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    place: OfRelease,
    request: Request,
) -> Result<Answer, ApiError> {
    allow(&node, &caller, &place).await?;
    node.app.managed_repository(Some(&place.repository))?;
    // Before the upload: a release that is not there is no place for documentation.
    let found = packages::show_release(
        &node.app,
        Some(&place.repository),
        (&place.package, &place.version),
    )
    .await?;
    let limit = node.app.config.limits.tarball_bytes;
    upload::check(request.headers(), limit)?;
    let upload = upload::receive(request, limit, &node.app.config.usage.spool_dir).await?;
    let target = place.target(caller.actor());
    documentation::publish(&node.app, &target, upload.path()).await?;
    node.snapshot.refresh().await?;
    let url = Urls(&node.app.config).docs(&found.package, &found.release.version);
    let answer = Answer::created(json!({"url": url}));
    Ok(match HeaderValue::from_str(&url) {
        Ok(location) => answer.with_header(LOCATION, location),
        Err(_) => answer,
    })
}

/// `DELETE`
pub(crate) async fn remove(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    place: OfRelease,
) -> Result<Answer, ApiError> {
    allow(&node, &caller, &place).await?;
    documentation::delete(&node.app, &place.target(caller.actor())).await?;
    node.snapshot.refresh().await?;
    Ok(Answer::no_content())
}

async fn allow(node: &Node, caller: &Caller, place: &OfRelease) -> Result<(), ApiError> {
    let need = Need::PublishDocs {
        repository: &place.repository,
        package: &place.package,
    };
    Ok(owners::allow(&node.app, caller, need, Level::Maintainer).await?)
}
