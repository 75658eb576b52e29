//! `/account`: who one is, and what is logged in in one's name.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::error::PageError;
use super::form::OurForm;
use super::frame::{Frame, page};
use super::keys::failure;
use super::scopes;
use super::visitor::LoggedIn;
use super::when::When;
use crate::accounts::api_key::ApiKeyRecord;
use crate::accounts::caller::Caller;
use crate::accounts::sessions::{self, Session};
use crate::accounts::{api_keys, second_factor};
use crate::app::App;
use crate::clock::Timestamp;
use crate::ids::SessionId;
use crate::node::Node;
use crate::oauth::clients::{self, Client};
use crate::oauth::grants::{self, Grant};

#[derive(Debug, Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage {
    pub(super) frame: Frame,
    pub(super) done: Option<&'static str>,
    pub(super) username: String,
    pub(super) email: String,
    pub(super) role: &'static str,
    /// `None` without a second factor.
    pub(super) codes_left: Option<u32>,
    pub(super) keys: Vec<KeyLine>,
    pub(super) tools: Vec<ToolLine>,
    pub(super) sessions: Vec<SessionLine>,
}

#[derive(Debug)]
pub(super) struct KeyLine {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) hint: String,
    pub(super) permissions: String,
    pub(super) made: When,
    pub(super) expires: Option<Expiry>,
    pub(super) used: Option<When>,
}

/// `expires …`, or `expired …`.
#[derive(Debug, Template)]
#[template(
    source = r#"{% if is_over %}<strong>expired</strong>{% else %}expires{% endif %} {{ at|safe }}"#,
    ext = "html"
)]
pub(super) struct Expiry {
    pub(super) is_over: bool,
    pub(super) at: When,
}

#[derive(Debug)]
pub(super) struct ToolLine {
    pub(super) id: String,
    pub(super) client: String,
    pub(super) name: String,
    pub(super) scope: String,
    pub(super) since: When,
    pub(super) seen: When,
}

#[derive(Debug)]
pub(super) struct SessionLine {
    pub(super) id: String,
    pub(super) address: String,
    pub(super) user_agent: String,
    pub(super) since: When,
    pub(super) seen: When,
    pub(super) is_this: bool,
}

/// What was done on the way here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Arrived {
    done: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct EndForm {
    id: String,
}

impl KeyLine {
    fn of(key: ApiKeyRecord, now: Timestamp) -> Self {
        let expiry = |at| Expiry {
            is_over: now > at,
            at: When(at),
        };
        Self {
            id: key.id.to_string(),
            name: key.name,
            hint: key.hint,
            permissions: scopes::line(&key.permissions),
            made: When(key.created_at),
            expires: key.expires_at.map(expiry),
            used: key.last_used_at.map(When),
        }
    }
}

impl ToolLine {
    fn of(grant: Grant, clients: &[Client]) -> Self {
        let client = clients.iter().find(|client| client.id == grant.client);
        Self {
            id: grant.id.to_string(),
            client: client.map_or(grant.client, |client| client.name.clone()),
            name: grant.name,
            scope: scopes::line(&grant.scope),
            since: When(grant.created_at),
            seen: When(grant.refreshed_at),
        }
    }
}

impl SessionLine {
    fn of(session: Session, this: Option<SessionId>) -> Self {
        Self {
            is_this: Some(session.id) == this,
            id: session.id.to_string(),
            address: session.address.to_string(),
            user_agent: session.user_agent,
            since: When(session.created_at),
            seen: When(session.last_seen_at),
        }
    }
}

/// What is said after a redirect: one of these, whatever the address says.
fn said(done: &str) -> Option<&'static str> {
    match done {
        "password" => Some("The password is changed. Other browsers are logged out."),
        "second-factor-off" => Some("Two-factor authentication is off."),
        "key-revoked" => Some("The API key is revoked."),
        "tool-ended" => Some("The tool is logged out."),
        "session-ended" => Some("The browser is logged out."),
        _ => None,
    }
}

/// `GET /account`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    logged_in: LoggedIn,
    Query(arrived): Query<Arrived>,
) -> Result<Response, PageError> {
    let this = logged_in.session();
    let shown = account(&node.app, &logged_in.0, this, said(&arrived.done)).await?;
    Ok(page(StatusCode::OK, &shown))
}

async fn account(
    app: &App,
    caller: &Caller,
    this: Option<SessionId>,
    done: Option<&'static str>,
) -> Result<AccountPage, PageError> {
    let (user, now) = (&caller.user, app.clock.now());
    let codes_left = match user.has_totp {
        true => Some(second_factor::count_recovery_codes(app, user.id).await?),
        false => None,
    };
    let keys = api_keys::list(app, &user.id.to_string()).await;
    let keys = keys.map_err(failure)?.into_iter();
    let keys = keys.filter(|key| key.revoked_at.is_none());
    let clients = clients::list(app).await?;
    let tools = grants::list(app, user.id).await?.into_iter();
    let sessions = sessions::list(app, user.id).await?.into_iter();
    Ok(AccountPage {
        frame: Frame::for_user(&app.config, user),
        done,
        username: user.username.clone(),
        email: user.email.clone(),
        role: user.role.as_str(),
        codes_left,
        keys: keys.map(|key| KeyLine::of(key, now)).collect(),
        tools: tools.map(|grant| ToolLine::of(grant, &clients)).collect(),
        sessions: sessions
            .map(|session| SessionLine::of(session, this))
            .collect(),
    })
}

/// `POST /account/sessions/end`
pub(crate) async fn end_session(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
    OurForm(form): OurForm<EndForm>,
) -> Result<Response, PageError> {
    let id = form.id.parse().map_err(|_| PageError::NotFound)?;
    sessions::end(&node.app, caller.user.id, id, &caller.actor()).await?;
    Ok(Redirect::to("/account?done=session-ended").into_response())
}

/// `POST /account/tools/end`
pub(crate) async fn end_tool(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
    OurForm(form): OurForm<EndForm>,
) -> Result<Response, PageError> {
    let id = form.id.parse().map_err(|_| PageError::NotFound)?;
    if !grants::end(&node.app, caller.user.id, id, &caller.actor()).await? {
        return Err(PageError::NotFound);
    }
    node.snapshot.refresh().await?;
    Ok(Redirect::to("/account?done=tool-ended").into_response())
}
