//! `/packages/NAME/owners`: who may publish a package whatever their role is.

use std::sync::Arc;

use axum::extract::State;
use serde_json::Value;

use crate::accounts::caller::{Caller, Need};
use crate::catalog::owners::{self, Level};
use crate::http::api::place::{Named, OfPackage};
use crate::http::api::releases::is_true;
use crate::http::api::{Answer, ApiError, Input, shapes};
use crate::http::auth::{Authenticated, AuthenticatedForWrite, require};
use crate::node::Node;

/// `GET`
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    OfPackage {
        repository,
        package,
    }: OfPackage,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let owners = owners::list(&node.app, Some(&repository), &package).await?;
    let config = &node.app.config;
    let shown = owners.iter().map(|owner| shapes::owner(config, owner));
    Ok(Answer::ok(shown.collect::<Vec<Value>>()))
}

/// `GET …/USER`, by name or address
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    OfPackage {
        repository,
        package,
    }: OfPackage,
    Named(name): Named,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let owners = owners::list(&node.app, Some(&repository), &package).await?;
    let name = name.to_lowercase();
    let owner = owners
        .iter()
        .find(|owner| owner.username == name || owner.email == name)
        .ok_or_else(|| ApiError::not_found("user is not an owner of package"))?;
    Ok(Answer::ok(shapes::owner(&node.app.config, owner)))
}

/// `PUT …/USER`
pub(crate) async fn add(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    place: OfPackage,
    Named(name): Named,
    Input(input): Input,
) -> Result<Answer, ApiError> {
    allow(&node, &caller, &place).await?;
    let level = match &input["level"] {
        Value::Null => Level::Full,
        value => value
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| ApiError::invalid("level", "is invalid"))?,
    };
    let is_transfer = is_true(&input["transfer"]);
    let target = place.target(caller.actor());
    owners::add(&node.app, &target, &name, (level, is_transfer)).await?;
    Ok(Answer::no_content())
}

/// `DELETE …/USER`
pub(crate) async fn remove(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    place: OfPackage,
    Named(name): Named,
) -> Result<Answer, ApiError> {
    allow(&node, &caller, &place).await?;
    owners::remove(&node.app, &place.target(caller.actor()), &name).await?;
    Ok(Answer::no_content())
}

async fn allow(node: &Node, caller: &Caller, place: &OfPackage) -> Result<(), ApiError> {
    let need = Need::Publish {
        repository: &place.repository,
        package: &place.package,
    };
    Ok(owners::allow(&node.app, caller, need, Level::Full).await?)
}
