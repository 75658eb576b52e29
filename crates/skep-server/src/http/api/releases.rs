//! `/packages/NAME/releases/VERSION`: looking at a release, taking it back, retiring it.

use std::sync::Arc;

use axum::extract::State;
use http::HeaderMap;
use serde_json::Value;
use skep_formats::registry::RetirementReason;

use crate::accounts::caller::{Caller, Need};
use crate::catalog::owners::{self, Level};
use crate::catalog::retire::{self, parse_reason};
use crate::catalog::{delete, packages};
use crate::http::api::place::{OfPackage, OfRelease};
use crate::http::api::query::Query;
use crate::http::api::{Answer, ApiError, Input, shapes};
use crate::http::auth::{Authenticated, AuthenticatedForWrite, require};
use crate::http::client::Client;
use crate::node::Node;

/// `GET`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    OfRelease {
        repository,
        package,
        version,
    }: OfRelease,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let found = packages::show_release(&node.app, Some(&repository), (&package, &version)).await?;
    let shown = shapes::release(
        &node.app.config,
        &found.package,
        &found.release,
        (&found.metadata, found.publisher.as_ref(), found.downloads),
    );
    Ok(Answer::ok(shown))
}

/// `DELETE`, with `?force=true` also of what customers have downloaded. The tools that publish ask their
/// user before, and have no flag for it: their own revert counts as one.
pub(crate) async fn remove(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    place: OfRelease,
    query: Query,
    headers: HeaderMap,
) -> Result<Answer, ApiError> {
    allow(&node, &caller, (&place.repository, &place.package)).await?;
    let is_forced = query
        .flag("force")
        .unwrap_or_else(|| Client::of(&headers).asks_before_reverting());
    // Whoever downloaded it a moment ago counts too.
    node.usage.flush().await;
    delete::delete(&node.app, &place.target(caller.actor()), is_forced).await?;
    node.snapshot.refresh().await?;
    Ok(Answer::no_content())
}

/// `POST …/retire`
pub(crate) async fn retire(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    place: OfRelease,
    Input(input): Input,
) -> Result<Answer, ApiError> {
    allow(&node, &caller, (&place.repository, &place.package)).await?;
    let (reason, message) = retirement(&input)?;
    let target = place.target(caller.actor());
    retire::retire(&node.app, &target, reason, message.as_deref()).await?;
    node.snapshot.refresh().await?;
    Ok(Answer::no_content())
}

/// `POST /packages/NAME/retire`: every release that is not retired yet, or with `replace` every one.
pub(crate) async fn retire_all(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    place: OfPackage,
    Input(input): Input,
) -> Result<Answer, ApiError> {
    allow(&node, &caller, (&place.repository, &place.package)).await?;
    let (reason, message) = retirement(&input)?;
    let is_replacing = is_true(&input["replace"]);
    let target = place.target(caller.actor());
    let retirement = (reason, message.as_deref());
    retire::retire_all(&node.app, &target, retirement, is_replacing).await?;
    node.snapshot.refresh().await?;
    Ok(Answer::no_content())
}

/// `DELETE …/retire`
pub(crate) async fn unretire(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    place: OfRelease,
) -> Result<Answer, ApiError> {
    allow(&node, &caller, (&place.repository, &place.package)).await?;
    match retire::unretire(&node.app, &place.target(caller.actor())).await {
        // As hex.pm: afterwards it is as it should be.
        Ok(_) | Err(retire::RetireError::NotRetired { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    node.snapshot.refresh().await?;
    Ok(Answer::no_content())
}

async fn allow(
    node: &Node,
    caller: &Caller,
    (repository, package): (
        &skep_formats::name::RepositoryName,
        &skep_formats::name::PackageName,
    ),
) -> Result<(), ApiError> {
    let need = Need::Publish {
        repository,
        package,
    };
    Ok(owners::allow(&node.app, caller, need, Level::Maintainer).await?)
}

fn retirement(input: &Value) -> Result<(RetirementReason, Option<String>), ApiError> {
    let reason = match &input["reason"] {
        Value::Null => return Err(ApiError::invalid("retirement.reason", "can't be blank")),
        Value::String(text) => parse_reason(text)?,
        _ => {
            return Err(ApiError::invalid(
                "retirement.reason",
                "expected type string",
            ));
        }
    };
    let message = match &input["message"] {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        _ => {
            return Err(ApiError::invalid(
                "retirement.message",
                "expected type string",
            ));
        }
    };
    Ok((reason, message))
}

/// mix writes flags of a body as text.
pub(crate) fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value == &Value::String("true".to_owned())
}
