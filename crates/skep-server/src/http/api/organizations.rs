//! `/orgs` and `/repos`: each repository is what hex.pm calls an organization, and every user is in all
//! of them.

use std::sync::Arc;

use axum::extract::{RawPathParams, State};
use serde_json::{Value, json};
use skep_formats::name::RepositoryName;

use crate::accounts::caller::Need;
use crate::accounts::user::User;
use crate::accounts::users;
use crate::http::api::place::{self, Named, shown};
use crate::http::api::users::{find, organization_role};
use crate::http::api::{Answer, ApiError, shapes};
use crate::http::auth::{Authenticated, require};
use crate::node::Node;

/// `GET /orgs`
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let repositories = node.app.config.repositories.iter();
    let shown = repositories.map(|repository| organization(&repository.name));
    Ok(Answer::ok(shown.collect::<Vec<_>>()))
}

/// `GET /orgs/NAME`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    names: RawPathParams,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let name = named(&node, &names, "organization")?;
    Ok(Answer::ok(organization(&name)))
}

/// `GET /repos`
pub(crate) async fn list_repositories(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let repositories = node.app.config.repositories.iter();
    let shown = repositories.map(|found| repository(&found.name));
    Ok(Answer::ok(shown.collect::<Vec<_>>()))
}

/// `GET /repos/NAME`
pub(crate) async fn show_repository(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    names: RawPathParams,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let name = named(&node, &names, "repository")?;
    Ok(Answer::ok(repository(&name)))
}

/// `GET /orgs/NAME/members`
pub(crate) async fn members(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    names: RawPathParams,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    named(&node, &names, "organization")?;
    let users = users::list(&node.app).await?;
    let members = users.iter().filter(|user| !user.is_disabled());
    let shown = members.map(|user| member(&node, user));
    Ok(Answer::ok(shown.collect::<Vec<_>>()))
}

/// `GET /orgs/NAME/members/USER`
pub(crate) async fn show_member(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    names: RawPathParams,
    Named(name): Named,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    named(&node, &names, "organization")?;
    let user = find(&node, &name).await?;
    if user.is_disabled() {
        let name = shown(&name);
        return Err(ApiError::not_found(format!("there is no member `{name}`")));
    }
    Ok(Answer::ok(member(&node, &user)))
}

/// Whatever changes an organization or its members.
pub(crate) async fn unchangeable() -> ApiError {
    ApiError::forbidden(
        "repositories and users are changed by the owners of this server, with its configuration and `skep user`",
    )
}

fn named(node: &Node, names: &RawPathParams, key: &str) -> Result<RepositoryName, ApiError> {
    let name = names.iter().find(|(found, _)| *found == key);
    place::repository(node, name.map_or("", |(_, name)| name))
}

/// Nothing is to be paid for here, so it is.
fn organization(name: &RepositoryName) -> Value {
    json!({"name": name, "billing_active": true, "seats": null})
}

fn repository(name: &RepositoryName) -> Value {
    json!({"name": name, "public": false, "active": true, "billing_active": true})
}

fn member(node: &Node, user: &User) -> Value {
    let mut value = shapes::minimal_user(&node.app.config, user);
    value["role"] = organization_role(user.role).into();
    value
}
