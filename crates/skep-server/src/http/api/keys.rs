//! `/keys`: the caller's own API keys. Below `/orgs/NAME`, those that are for that repository: the
//! caller's, or with the role owner everybody's.

use std::sync::Arc;

use axum::extract::{RawPathParams, State};
use http::HeaderValue;
use http::header::LOCATION;
use serde_json::{Value, json};
use skep_formats::name::RepositoryName;

use crate::accounts::api_key::ApiKeyRecord;
use crate::accounts::api_keys::{self, ApiKeyError, Create};
use crate::accounts::caller::{Caller, Need, Via};
use crate::accounts::permission::{Access, Permission, Permissions};
use crate::accounts::role::Role;
use crate::accounts::users;
use crate::clock::Timestamp;
use crate::http::api::place::{self, Named, shown};
use crate::http::api::shapes::Urls;
use crate::http::api::{Answer, ApiError, Input};
use crate::http::auth::{Authenticated, AuthenticatedForWrite, AuthenticatedWithPassword, require};
use crate::node::Node;

/// Whose keys a URL is about: the caller's, or those for a repository.
type Organization = Option<RepositoryName>;

/// `GET /keys`
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    names: RawPathParams,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::OwnKeys(Access::Read))?;
    let organization = organization(&node, &names)?;
    let mut keys = live(&node, &caller, &organization).await?;
    keys.sort_by(|a, b| a.name.cmp(&b.name));
    let shown = keys.iter().map(|key| show_key(&node, &caller, key));
    Ok(Answer::ok(shown.collect::<Vec<_>>()))
}

/// `GET /keys/NAME`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    Authenticated(caller): Authenticated,
    names: RawPathParams,
    Named(name): Named,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::OwnKeys(Access::Read))?;
    let organization = organization(&node, &names)?;
    let key = find(&node, &caller, (&organization, &name)).await?;
    Ok(Answer::ok(show_key(&node, &caller, &key)))
}

/// `POST /keys`: the only answer with the secret. rebar3 and Gleam make their keys here with the user's
/// name and password.
pub(crate) async fn create(
    State(node): State<Arc<Node>>,
    AuthenticatedWithPassword(caller): AuthenticatedWithPassword,
    names: RawPathParams,
    Input(input): Input,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::OwnKeys(Access::Write))?;
    let organization = organization(&node, &names)?;
    let name = match &input["name"] {
        Value::String(name) if !name.trim().is_empty() => name.clone(),
        Value::Null | Value::String(_) => return Err(ApiError::invalid("name", "can't be blank")),
        _ => return Err(ApiError::invalid("name", "expected type string")),
    };
    let request = Create {
        user: caller.user.id.to_string(),
        name,
        permissions: permissions(&node, &caller, (&organization, &input["permissions"]))?,
        expires_at: expiry(&node, &input["revoke_at"])?,
        actor: caller.actor(),
    };
    let created = api_keys::create(&node.app, &request).await?;
    node.snapshot.refresh().await?;
    let mut shown = show_key(&node, &caller, &created.key);
    shown["secret"] = json!(created.secret.reveal());
    let location = shown["url"].as_str().unwrap_or_default();
    let location = HeaderValue::from_str(location).ok();
    let answer = Answer::created(shown);
    Ok(match location {
        Some(location) => answer.with_header(LOCATION, location),
        None => answer,
    })
}

/// `DELETE /keys/NAME`
pub(crate) async fn revoke(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    names: RawPathParams,
    Named(name): Named,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::OwnKeys(Access::Write))?;
    let organization = organization(&node, &names)?;
    let key = find(&node, &caller, (&organization, &name)).await?;
    let key = api_keys::revoke(&node.app, key.id, &caller.actor()).await?;
    node.snapshot.refresh().await?;
    Ok(Answer::ok(show_key(&node, &caller, &key)))
}

/// `DELETE /keys`: all of them, also the one that the request is made with.
pub(crate) async fn revoke_all(
    State(node): State<Arc<Node>>,
    AuthenticatedForWrite(caller): AuthenticatedForWrite,
    names: RawPathParams,
) -> Result<Answer, ApiError> {
    require(&caller, &Need::OwnKeys(Access::Write))?;
    let organization = organization(&node, &names)?;
    let mut authing = Value::Null;
    for key in live(&node, &caller, &organization).await? {
        let key = api_keys::revoke(&node.app, key.id, &caller.actor()).await?;
        if is_authing(&caller, &key) {
            authing = show_key(&node, &caller, &key);
        }
    }
    node.snapshot.refresh().await?;
    Ok(Answer::ok(authing))
}

fn organization(node: &Node, names: &RawPathParams) -> Result<Organization, ApiError> {
    let mut names = names.iter();
    names
        .find(|(key, _)| *key == "organization")
        .map(|(_, name)| place::repository(node, name))
        .transpose()
}

async fn find(
    node: &Node,
    caller: &Caller,
    (organization, name): (&Organization, &str),
) -> Result<ApiKeyRecord, ApiError> {
    let keys = live(node, caller, organization).await?;
    keys.into_iter()
        .find(|key| key.name == name)
        .ok_or_else(|| ApiError::not_found(format!("there is no key `{}`", shown(name))))
}

async fn live(
    node: &Node,
    caller: &Caller,
    organization: &Organization,
) -> Result<Vec<ApiKeyRecord>, ApiError> {
    let app = &node.app;
    let mut users = vec![caller.user.id];
    if organization.is_some() && caller.user.role == Role::Owner {
        users = users::list(app)
            .await?
            .into_iter()
            .map(|user| user.id)
            .collect();
    }
    let now = app.clock.now();
    let mut keys = Vec::new();
    for user in users {
        keys.extend(api_keys::list(app, &user.to_string()).await?);
    }
    keys.retain(|key| {
        let is_for = |name| is_for(&key.permissions, name);
        key.check(now).is_ok() && organization.as_ref().is_none_or(is_for)
    });
    Ok(keys)
}

/// Whether a key names the repository.
fn is_for(permissions: &Permissions, repository: &RepositoryName) -> bool {
    permissions.iter().any(|permission| match permission {
        Permission::Repository(name) | Permission::Docs(name) => name == repository,
        Permission::Package {
            repository: name, ..
        } => name == repository,
        Permission::Api(_)
        | Permission::Repositories
        | Permission::Licenses(_)
        | Permission::Usage => false,
    })
}

fn permissions(
    node: &Node,
    caller: &Caller,
    (organization, input): (&Organization, &Value),
) -> Result<Permissions, ApiError> {
    let list = match input {
        Value::Null => &Vec::new(),
        Value::Array(list) => list,
        _ => return Err(ApiError::invalid("permissions", "expected type list(map)")),
    };
    let mut permissions = Vec::new();
    for item in list {
        permissions.push(permission(node, caller, item)?);
    }
    match (permissions.is_empty(), organization) {
        (false, _) => Ok(Permissions::new(permissions)),
        (true, Some(name)) => Ok(Permissions::new([Permission::Repository(name.clone())])),
        (true, None) => Ok(Permissions::api()),
    }
}

fn permission(node: &Node, caller: &Caller, item: &Value) -> Result<Permission, ApiError> {
    let domain = item["domain"].as_str();
    let domain = domain.ok_or_else(|| ApiError::invalid("permissions.domain", "can't be blank"))?;
    let resource = parse_resource(node, domain, item["resource"].as_str())?;
    let permission =
        Permission::from_parts(domain, resource.as_deref()).map_err(|_| match domain {
            "api" | "package" | "repository" | "repositories" | "docs" | "licenses" | "usage" => {
                ApiError::invalid("permissions.resource", "invalid resource for given domain")
            }
            _ => ApiError::invalid("permissions.domain", "is invalid"),
        })?;
    // Whoever may make keys for the Hex API makes them for all of it, but for nothing beyond.
    let is_beyond = match &permission {
        Permission::Licenses(access) => !caller.permissions.allows(&Need::Licenses(*access)),
        Permission::Usage => !caller.permissions.allows(&Need::UsageRead),
        _ => false,
    };
    if is_beyond {
        return Err(ApiError::invalid(
            "permissions.domain",
            format!("the credential of this request has no permission `{permission}` itself"),
        ));
    }
    Ok(permission)
}

/// A resource with the names that we have: `hexpm` is the default repository, and a package without a
/// repository is in it.
pub(crate) fn parse_resource(
    node: &Node,
    domain: &str,
    resource: Option<&str>,
) -> Result<Option<String>, ApiError> {
    let Some(text) = resource.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let no_access = |what: &str| {
        ApiError::invalid(
            "permissions.resource",
            format!("you do not have access to this {what}"),
        )
    };
    match domain {
        "repository" | "docs" => place::repository(node, text)
            .map(|name| Some(name.to_string()))
            .map_err(|_| no_access("repository")),
        "package" => {
            let (repository, name) = text.split_once('/').unwrap_or(("hexpm", text));
            let repository =
                place::repository(node, repository).map_err(|_| no_access("package"))?;
            Ok(Some(format!("{repository}/{name}")))
        }
        _ => Ok(Some(text.to_owned())),
    }
}

fn expiry(node: &Node, input: &Value) -> Result<Option<Timestamp>, ApiError> {
    if input.is_null() {
        return Ok(None);
    }
    let at: Timestamp = serde_json::from_value(input.clone())
        .map_err(|_| ApiError::invalid("revoke_at", "expected type utc_datetime"))?;
    if at <= node.app.clock.now() {
        return Err(ApiError::invalid("revoke_at", "must be in the future"));
    }
    Ok(Some(at))
}

fn is_authing(caller: &Caller, key: &ApiKeyRecord) -> bool {
    matches!(caller.via, Via::ApiKey(id) if id == key.id)
}

fn show_key(node: &Node, caller: &Caller, key: &ApiKeyRecord) -> Value {
    let permissions = key.permissions.iter().map(
        |permission| json!({"domain": permission.domain(), "resource": permission.resource()}),
    );
    let name: String = url::form_urlencoded::byte_serialize(key.name.as_bytes()).collect();
    json!({
        "name": key.name,
        "authing_key": is_authing(caller, key),
        "permissions": permissions.collect::<Vec<_>>(),
        "revoke_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "inserted_at": key.created_at,
        "updated_at": key.revoked_at.unwrap_or(key.created_at),
        "last_use": key.last_used_at.map(|at| json!({"used_at": at})),
        "url": Urls(&node.app.config).api(&format!("/keys/{}", name.replace('+', "%20"))),
    })
}

impl From<ApiKeyError> for ApiError {
    fn from(error: ApiKeyError) -> Self {
        match error {
            ApiKeyError::Name => Self::invalid("name", error.to_string()),
            ApiKeyError::NoPermission => Self::invalid("permissions", error.to_string()),
            ApiKeyError::Disabled { .. } => Self::forbidden("this account is disabled"),
            ApiKeyError::Revoked { .. } | ApiKeyError::Unknown(_) => {
                Self::not_found("there is no such key")
            }
            ApiKeyError::Database(error) => error.into(),
        }
    }
}
