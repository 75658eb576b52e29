//! `/oauth/device`: a person allows a tool to log in as them. The code, what asks, and a word.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::error::PageError;
use super::field::{Alert, Field, Kind};
use super::form::{OurForm, Refusal, above, beside};
use super::frame::{Frame, page};
use super::scopes;
use super::visitor::LoggedIn;
use super::when::When;
use crate::accounts::caller::Caller;
use crate::accounts::permission::{Access, Permission};
use crate::db::audit::Actor;
use crate::node::Node;
use crate::oauth::logins::{self, Approver, DeviceError, PendingDevice};

#[derive(Debug, Template)]
#[template(path = "device_code.html")]
pub(super) struct DeviceCodePage {
    pub(super) frame: Frame,
    pub(super) alert: Alert,
    pub(super) code: Field,
}

#[derive(Debug, Template)]
#[template(path = "device_consent.html")]
pub(super) struct DeviceConsentPage {
    pub(super) frame: Frame,
    pub(super) username: String,
    pub(super) client: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) user_code: String,
    pub(super) asked: When,
    pub(super) scopes: Vec<String>,
    pub(super) needs_second_factor: bool,
}

#[derive(Debug, Template)]
#[template(path = "device_done.html")]
pub(super) struct DeviceDonePage {
    pub(super) frame: Frame,
    pub(super) heading: &'static str,
    pub(super) text: &'static str,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    user_code: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Decision {
    user_code: String,
    decision: Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Approve,
    Deny,
}

impl DeviceCodePage {
    pub(super) fn new(frame: Frame, typed: &str, refusal: Option<&Refusal>) -> Self {
        let code = Field::new("user_code", "Code", Kind::Code)
            .with_hint("Eight characters, as WXYT-4793; capitals and hyphen do not matter")
            .with_value(typed)
            .with_focus()
            .with_error(beside(refusal, "user_code"));
        Self {
            frame,
            alert: above(refusal),
            code,
        }
    }
}

impl DeviceConsentPage {
    pub(super) fn new(frame: Frame, caller: &Caller, pending: &PendingDevice) -> Self {
        let is_write = |permission: &Permission| {
            matches!(permission, Permission::Api(None | Some(Access::Write)))
        };
        Self {
            frame,
            username: caller.user.username.clone(),
            client: pending.client.clone(),
            name: pending.name.clone(),
            address: pending.address.clone(),
            user_code: pending.user_code.in_halves(),
            asked: When(pending.created_at),
            scopes: pending.scope.iter().map(scopes::words).collect(),
            needs_second_factor: !caller.user.has_totp && pending.scope.iter().any(is_write),
        }
    }
}

/// `GET /oauth/device`: asks for the code, or with one for a word.
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
    Query(typed): Query<Typed>,
) -> Result<Response, PageError> {
    let frame = Frame::for_user(&node.app.config, &caller.user);
    if typed.user_code.trim().is_empty() {
        return Ok(page(StatusCode::OK, &DeviceCodePage::new(frame, "", None)));
    }
    let actor = caller.actor();
    let approver = approver(&caller, &actor);
    match logins::find_by_user_code(&node.app, &approver, &typed.user_code).await {
        Ok(pending) => {
            let consent = DeviceConsentPage::new(frame, &caller, &pending);
            Ok(page(StatusCode::OK, &consent))
        }
        Err(error) => once_more(frame, &typed.user_code, error),
    }
}

/// `POST /oauth/device`: the word.
pub(crate) async fn decide(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
    OurForm(form): OurForm<Decision>,
) -> Result<Response, PageError> {
    let (app, actor) = (&node.app, caller.actor());
    let approver = approver(&caller, &actor);
    let decided = match form.decision {
        Word::Approve => logins::approve(app, &approver, &form.user_code, None).await,
        Word::Deny => logins::deny(app, &approver, &form.user_code).await,
    };
    let frame = Frame::for_user(&app.config, &caller.user);
    if let Err(error) = decided {
        return once_more(frame, &form.user_code, error);
    }
    Ok(page(StatusCode::OK, &done(frame, form.decision)))
}

fn done(frame: Frame, word: Word) -> DeviceDonePage {
    match word {
        Word::Approve => DeviceDonePage {
            frame,
            heading: "The tool is logged in",
            text: "It goes on within a few seconds. You can close this page.",
        },
        Word::Deny => DeviceDonePage {
            frame,
            heading: "The login is refused",
            text: "The tool got nothing. You can close this page.",
        },
    }
}

fn approver<'a>(caller: &'a Caller, actor: &'a Actor) -> Approver<'a> {
    Approver {
        user: &caller.user,
        actor,
        address: caller.address,
    }
}

/// The form for the code, with what is wrong with the one that came.
fn once_more(frame: Frame, typed: &str, error: DeviceError) -> Result<Response, PageError> {
    let refusal = match error {
        DeviceError::Database(error) => return Err(error.into()),
        DeviceError::Attempt(error) => Refusal::of_attempt(error)?,
        DeviceError::Scope => Refusal::of_form(StatusCode::UNPROCESSABLE_ENTITY, &error),
        DeviceError::NotACode(_)
        | DeviceError::Unknown
        | DeviceError::Expired
        | DeviceError::Decided(_) => Refusal::of_field("user_code", &error),
    };
    let typed: String = typed.chars().take(20).collect();
    Ok(refusal.answer(&DeviceCodePage::new(frame, &typed, Some(&refusal))))
}
