//! `/users`: who is asking, and who others are. Users are entered by the seller, not by themselves.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use crate::accounts::caller::Need;
use crate::accounts::role::Role;
use crate::accounts::user::User;
use crate::accounts::users::{self, UserError};
use crate::catalog::owners;
use crate::http::api::place::{Named, shown};
use crate::http::api::{Answer, ApiError, shapes};
use crate::http::auth::{Authenticated, require};
use crate::node::Node;

/// `GET /users/me`
pub(crate) async fn me(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let mut value = show_user(&node, &caller.user).await?;
    let role = organization_role(caller.user.role);
    let repositories = node.app.config.repositories.iter();
    value["organizations"] = repositories
        .map(|repository| json!({"name": repository.name, "role": role}))
        .collect();
    Ok(Answer::ok(value))
}

/// `GET /users/NAME`, by name or address
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    Named(name): Named,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::ApiRead)?;
    let user = find(&node, &name).await?;
    Ok(Answer::ok(show_user(&node, &user).await?))
}

/// `POST /users`
pub(crate) async fn create() -> ApiError {
    ApiError::forbidden(
        "users are entered by the owners of this server, with `skep user create`; ask them for an account",
    )
}

/// The user of a name or an address.
pub(crate) async fn find(node: &Node, name: &str) -> Result<User, ApiError> {
    match users::show(&node.app, name).await {
        Ok(user) => Ok(user),
        Err(UserError::Database(error)) => Err(error.into()),
        Err(_) => Err(ApiError::not_found(format!(
            "there is no user `{}`",
            shown(name)
        ))),
    }
}

/// What hex.pm calls a role.
pub(crate) const fn organization_role(role: Role) -> &'static str {
    match role {
        Role::Owner => "admin",
        Role::Publisher => "write",
        Role::Viewer => "read",
    }
}

async fn show_user(node: &Node, user: &User) -> Result<Value, ApiError> {
    let owned = owners::packages_of(&node.app, user.id).await?;
    Ok(shapes::user(&node.app.config, user, &owned))
}
