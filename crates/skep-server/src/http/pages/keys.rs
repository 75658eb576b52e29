//! `/account/keys`: API keys.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::error::PageError;
use super::field::{Alert, Field, Kind, sentence};
use super::form::{OurForm, Refusal, above, beside};
use super::frame::{Frame, page};
use super::scopes;
use super::visitor::LoggedIn;
use crate::accounts::api_keys::{self, ApiKeyError, Create};
use crate::accounts::permission::{Access, Permission, PermissionError, Permissions};
use crate::accounts::role::Role;
use crate::app::App;
use crate::clock::Timestamp;
use crate::ids::ApiKeyId;
use crate::licensing::dates::parse_end;
use crate::node::Node;

#[derive(Debug, Template)]
#[template(path = "new_key.html")]
pub(super) struct NewKeyPage {
    pub(super) frame: Frame,
    pub(super) alert: Alert,
    pub(super) name: Field,
    pub(super) choices: Vec<Choice>,
    pub(super) permission_error: Option<String>,
    pub(super) further: Field,
    pub(super) expires: Field,
}

/// A permission to be ticked.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) scope: String,
    pub(super) words: String,
    pub(super) is_chosen: bool,
}

#[derive(Template)]
#[template(path = "key_made.html")]
pub(super) struct KeyMadePage {
    pub(super) frame: Frame,
    pub(super) name: String,
    pub(super) secret: String,
    /// Where to publish with it; `None` for a key that cannot.
    pub(super) api_url: Option<String>,
}

/// What was filled in. `permission` comes as often as boxes are ticked, which asks for pairs.
#[derive(Clone, Debug, Default)]
pub(super) struct Filled {
    name: String,
    permissions: Vec<String>,
    further: String,
    expires: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RevokeForm {
    id: String,
}

impl Filled {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut filled = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "name" => filled.name = value,
                "permission" => filled.permissions.push(value),
                "further" => filled.further = value,
                "expires" => filled.expires = value,
                _ => {}
            }
        }
        filled
    }

    fn permissions(&self, app: &App, role: Role) -> Result<Permissions, Refusal> {
        let parse = |text: &str| useful(app, role, text);
        let ticked = self.permissions.iter().map(|text| parse(text));
        let ticked = ticked.collect::<Result<Vec<_>, _>>();
        let mut all = ticked.map_err(|error| Refusal::of_field("permission", &error))?;
        let further = self
            .further
            .split([',', ' '])
            .filter(|text| !text.is_empty());
        let further = further.map(parse).collect::<Result<Vec<_>, _>>();
        all.extend(further.map_err(|error| Refusal::of_field("further", &error))?);
        Ok(Permissions::new(all))
    }

    fn expires_at(&self, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        let text = self.expires.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let end = parse_end(text).map_err(|error| Refusal::of_field("expires", &error))?;
        if end < now {
            let past = format!(
                "`{}` is in the past: the key would open nothing",
                end.date()
            );
            return Err(Refusal::of_field("expires", &past));
        }
        Ok(Some(end))
    }
}

/// A permission that gives somebody of this role something here, or why not.
fn useful(app: &App, role: Role, text: &str) -> Result<Permission, String> {
    let permission: Permission = text
        .parse()
        .map_err(|error: PermissionError| error.to_string())?;
    if !permission.is_within(role) {
        return Err(format!(
            "`{permission}` goes further than your role, which is {role}"
        ));
    }
    if let Some(name) = permission.repository() {
        app.repository(Some(name))
            .map_err(|error| error.to_string())?;
    }
    Ok(permission)
}

/// Whether `mix hex.publish` can do anything with it.
fn can_publish(permission: &Permission) -> bool {
    matches!(
        permission,
        Permission::Api(None | Some(Access::Write))
            | Permission::Package { .. }
            | Permission::Docs(_)
    )
}

impl NewKeyPage {
    pub(super) fn new(
        frame: Frame,
        role: Role,
        filled: &Filled,
        refusal: Option<&Refusal>,
    ) -> Self {
        let name = Field::new("name", "Name", Kind::Text)
            .with_hint("What it is for: CI of acme_pro")
            .with_value(&filled.name)
            .with_error(beside(refusal, "name"));
        let further = Field::new("further", "Further permissions", Kind::Text)
            .optional()
            .with_hint("package:REPOSITORY/NAME, repository:NAME, docs:REPOSITORY")
            .with_value(&filled.further)
            .with_error(beside(refusal, "further"));
        let expires = Field::new("expires", "Last day", Kind::Date)
            .optional()
            .with_hint("Left empty, it works until it is revoked")
            .with_value(&filled.expires)
            .with_error(beside(refusal, "expires"));
        Self {
            frame,
            alert: above(refusal),
            name: if refusal.is_none() {
                name.with_focus()
            } else {
                name
            },
            choices: choices(role, &filled.permissions),
            permission_error: beside(refusal, "permission"),
            further,
            expires,
        }
    }

    fn has_error(&self) -> bool {
        let fields = [&self.name, &self.further, &self.expires];
        self.alert.is_some()
            || self.permission_error.is_some()
            || fields.iter().any(|field| field.error.is_some())
    }
}

/// What a role can make use of.
fn choices(role: Role, chosen: &[String]) -> Vec<Choice> {
    let api = match role {
        Role::Owner | Role::Publisher => Permission::Api(None),
        Role::Viewer => Permission::Api(Some(Access::Read)),
    };
    let mut all = vec![api, Permission::Repositories];
    match role {
        Role::Owner => all.extend([
            Permission::Licenses(Access::Write),
            Permission::Licenses(Access::Read),
            Permission::Usage,
        ]),
        Role::Viewer => all.extend([Permission::Licenses(Access::Read), Permission::Usage]),
        Role::Publisher => {}
    }
    let choice = |permission: Permission| {
        let scope = permission.to_string();
        Choice {
            words: scopes::words(&permission),
            is_chosen: chosen.contains(&scope),
            scope,
        }
    };
    all.into_iter().map(choice).collect()
}

/// `GET /account/keys`
pub(crate) async fn show(State(node): State<Arc<Node>>, LoggedIn(caller): LoggedIn) -> Response {
    let frame = Frame::for_user(&node.app.config, &caller.user);
    let form = NewKeyPage::new(frame, caller.user.role, &Filled::default(), None);
    page(StatusCode::OK, &form)
}

/// `POST /account/keys`: the secret is on the page that answers, and nowhere else.
pub(crate) async fn create(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
    OurForm(pairs): OurForm<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let app = &node.app;
    let filled = Filled::of(pairs);
    let request = filled
        .permissions(app, caller.user.role)
        .and_then(|permissions| {
            Ok(Create {
                user: caller.user.id.to_string(),
                name: filled.name.clone(),
                permissions,
                expires_at: filled.expires_at(app.clock.now())?,
                actor: caller.actor(),
            })
        });
    let created = match request {
        Ok(request) => match api_keys::create(app, &request).await {
            Ok(created) => Ok(created),
            Err(error) => Err(refusal(error)?),
        },
        Err(refusal) => Err(refusal),
    };
    let frame = Frame::for_user(&app.config, &caller.user);
    match created {
        Ok(created) => {
            node.snapshot.refresh().await?;
            let mut permissions = created.key.permissions.iter();
            let made = KeyMadePage {
                frame,
                api_url: permissions
                    .any(can_publish)
                    .then(|| format!("{}/api", app.config.server.url)),
                name: created.key.name,
                secret: created.secret.reveal().to_owned(),
            };
            Ok(page(StatusCode::OK, &made))
        }
        Err(refusal) => {
            let form = NewKeyPage::new(frame, caller.user.role, &filled, Some(&refusal));
            Ok(refusal.answer(&form))
        }
    }
}

fn refusal(error: ApiKeyError) -> Result<Refusal, PageError> {
    match error {
        ApiKeyError::Database(error) => Err(error.into()),
        ApiKeyError::Name => Ok(Refusal::of_field("name", &error)),
        ApiKeyError::NoPermission => Ok(Refusal::of_field("permission", &"choose at least one")),
        ApiKeyError::Disabled { .. } | ApiKeyError::Revoked { .. } | ApiKeyError::Unknown(_) => {
            Ok(Refusal::of_form(StatusCode::CONFLICT, &sentence(&error)))
        }
    }
}

/// `POST /account/keys/revoke`
pub(crate) async fn revoke(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
    OurForm(form): OurForm<RevokeForm>,
) -> Result<Response, PageError> {
    let app = &node.app;
    let id: ApiKeyId = form.id.parse().map_err(|_| PageError::NotFound)?;
    let own = api_keys::list(app, &caller.user.id.to_string()).await;
    let own = own.map_err(failure)?;
    // Only one's own, whatever the form says.
    if !own.iter().any(|key| key.id == id) {
        return Err(PageError::NotFound);
    }
    match api_keys::revoke(app, id, &caller.actor()).await {
        Ok(_) | Err(ApiKeyError::Revoked { .. }) => {}
        Err(error) => return Err(failure(error)),
    }
    node.snapshot.refresh().await?;
    Ok(Redirect::to("/account?done=key-revoked").into_response())
}

/// What cannot be the fault of whoever is at the browser.
pub(super) fn failure(error: ApiKeyError) -> PageError {
    match error {
        ApiKeyError::Database(error) => error.into(),
        ApiKeyError::Unknown(_) => PageError::NotFound,
        ApiKeyError::Name
        | ApiKeyError::NoPermission
        | ApiKeyError::Disabled { .. }
        | ApiKeyError::Revoked { .. } => PageError::internal(&error),
    }
}
