//! `GET /api`, what there is; `GET /api/auth`, what a credential is good for; `POST /api/short_url`.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use crate::accounts::caller::{Caller, Need};
use crate::accounts::permission::{Access, Permission};
use crate::http::api::keys::parse_resource;
use crate::http::api::query::Query;
use crate::http::api::shapes::Urls;
use crate::http::api::{Answer, ApiError, Input};
use crate::http::auth::Authenticated;
use crate::node::Node;

/// `GET /`
pub(crate) async fn index(State(node): State<Arc<Node>>) -> Answer {
    let urls = Urls(&node.app.config);
    Answer::ok(json!({
        "packages_url": urls.api("/packages"),
        "package_url": urls.api("/packages/{name}"),
        "package_retirement_url": urls.api("/packages/{name}/retire"),
        "package_release_url": urls.api("/packages/{name}/releases/{version}"),
        "package_owners_url": urls.api("/packages/{name}/owners"),
        "keys_url": urls.api("/keys"),
        "key_url": urls.api("/keys/{name}"),
        "documentation_url": urls.api("/openapi.json"),
    }))
}

/// `GET /auth?domain=…&resource=…`: 204 when the credential is good for that.
pub(crate) async fn auth(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Answer, ApiError> {
    let domain = query
        .get("domain")
        .ok_or_else(|| ApiError::bad_request("missing required parameters: domain"))?;
    let not_authorized = || ApiError::forbidden("key not authorized for this action");
    let resource =
        parse_resource(&node, domain, query.get("resource")).map_err(|_| not_authorized())?;
    let wanted =
        Permission::from_parts(domain, resource.as_deref()).map_err(|_| not_authorized())?;
    if !is_good_for(&node, &caller, &wanted) {
        return Err(not_authorized());
    }
    Ok(Answer::no_content())
}

fn is_good_for(node: &Node, caller: &Caller, wanted: &Permission) -> bool {
    let may = |need: Need<'_>| caller.may(&need).is_ok();
    let repositories = &node.app.config.repositories;
    match wanted {
        Permission::Api(Some(Access::Read)) => may(Need::ApiRead),
        Permission::Api(_) => may(Need::ApiWrite),
        Permission::Repositories => {
            // A key for one repository is none for those to come.
            let is_for_one = |it: &Permission| matches!(it, Permission::Repository(_));
            !caller.permissions.iter().any(is_for_one)
                && repositories
                    .iter()
                    .all(|repository| may(Need::ReadRepository(&repository.name)))
        }
        Permission::Repository(name) => may(Need::ReadRepository(name)),
        Permission::Docs(_) => {
            caller.permissions.iter().any(|it| it == wanted) || may(Need::ApiWrite)
        }
        Permission::Package {
            repository,
            package,
        } => may(Need::Publish {
            repository,
            package,
        }),
        Permission::Licenses(access) => may(Need::Licenses(*access)),
        Permission::Usage => may(Need::UsageRead),
    }
}

/// `POST /short_url`: tools print what comes back in place of what they sent; ours are short enough.
pub(crate) async fn short_url(Input(input): Input) -> Result<Answer, ApiError> {
    let url = match &input["url"] {
        Value::String(text) => text,
        Value::Null => return Err(ApiError::invalid("url", "can't be blank")),
        _ => return Err(ApiError::invalid("url", "expected type string")),
    };
    let parsed = url::Url::parse(url).ok();
    if !parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(ApiError::invalid("url", "is invalid"));
    }
    Ok(Answer::created(json!({"url": url})))
}
