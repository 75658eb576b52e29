//! `/login`, `/login/code`, `/logout`

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::error::PageError;
use super::field::{Alert, Field, Kind};
use super::form::{OurForm, Refusal, above, beside};
use super::frame::{Frame, page};
use super::next::Next;
use super::visitor::{LoggedIn, Visitor, logged_in, logged_out};
use crate::accounts::login::{self, LoggedIn as Outcome, LoginError};
use crate::accounts::password::Password;
use crate::accounts::sessions;
use crate::node::Node;

#[derive(Debug, Template)]
#[template(path = "login.html")]
pub(super) struct LoginPage {
    pub(super) frame: Frame,
    pub(super) alert: Alert,
    pub(super) next: Next,
    pub(super) username: Field,
    pub(super) password: Field,
}

#[derive(Debug, Template)]
#[template(path = "code.html")]
pub(super) struct CodePage {
    pub(super) frame: Frame,
    pub(super) alert: Alert,
    pub(super) next: Next,
    pub(super) code: Field,
}

#[derive(Debug, Template)]
#[template(path = "logout.html")]
pub(super) struct LogoutPage {
    pub(super) frame: Frame,
}

/// Where it leads to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct To {
    next: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LoginForm {
    next: String,
    username: String,
    password: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CodeForm {
    next: String,
    code: String,
}

impl LoginPage {
    pub(super) fn new(frame: Frame, next: Next, username: &str, refusal: Option<&Refusal>) -> Self {
        let name = Field::new("username", "Username or email", Kind::Text)
            .with_autocomplete("username")
            .with_value(username);
        let password = Field::new("password", "Password", Kind::Password)
            .with_autocomplete("current-password");
        let is_first = username.is_empty();
        Self {
            frame,
            alert: above(refusal),
            next,
            username: if is_first { name.with_focus() } else { name },
            password: if is_first {
                password
            } else {
                password.with_focus()
            },
        }
    }
}

impl CodePage {
    pub(super) fn new(frame: Frame, next: Next, refusal: Option<&Refusal>) -> Self {
        let code = Field::new("code", "Code", Kind::Code)
            .with_autocomplete("one-time-code")
            .with_hint("Six digits from your authenticator app, or a recovery code")
            .with_focus()
            .with_error(beside(refusal, "code"));
        Self {
            frame,
            alert: above(refusal),
            next,
            code,
        }
    }
}

/// `GET /login`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    visitor: Visitor,
    Query(to): Query<To>,
) -> Result<Response, PageError> {
    let next = Next::from_text(&to.next);
    if visitor.caller(&node).await?.is_some() {
        return Ok(Redirect::to(next.as_str()).into_response());
    }
    let frame = Frame::for_anybody(&node.app.config);
    Ok(page(StatusCode::OK, &LoginPage::new(frame, next, "", None)))
}

/// `POST /login`
pub(crate) async fn submit(
    State(node): State<Arc<Node>>,
    visitor: Visitor,
    OurForm(form): OurForm<LoginForm>,
) -> Result<Response, PageError> {
    let (app, next) = (&node.app, Next::from_text(&form.next));
    let password = Password::from_text(form.password);
    let error = match login::with_password(app, &form.username, &password, &visitor.origin).await {
        Ok(Outcome::Whole(new)) => return Ok(logged_in(&app.config, &new.token, next.as_str())),
        Ok(Outcome::Half(new)) => {
            let to = next.through("/login/code");
            return Ok(logged_in(&app.config, &new.token, &to));
        }
        Err(error) => error,
    };
    let refusal = refusal(error, None)?;
    let frame = Frame::for_anybody(&app.config);
    let form = LoginPage::new(frame, next, &form.username, Some(&refusal));
    Ok(refusal.answer(&form))
}

/// `GET /login/code`
pub(crate) async fn show_code(State(node): State<Arc<Node>>, Query(to): Query<To>) -> Response {
    let frame = Frame::for_anybody(&node.app.config);
    let form = CodePage::new(frame, Next::from_text(&to.next), None);
    page(StatusCode::OK, &form)
}

/// `POST /login/code`
pub(crate) async fn submit_code(
    State(node): State<Arc<Node>>,
    visitor: Visitor,
    OurForm(form): OurForm<CodeForm>,
) -> Result<Response, PageError> {
    let (app, next) = (&node.app, Next::from_text(&form.next));
    let Some(half) = visitor.token else {
        return Err(PageError::Login(next));
    };
    let error = match login::with_code(app, &half, form.code.trim(), &visitor.origin).await {
        Ok(new) => return Ok(logged_in(&app.config, &new.token, next.as_str())),
        Err(error) => error,
    };
    if matches!(error, LoginError::TooLate) {
        return Err(PageError::Login(next));
    }
    let refusal = refusal(error, Some("code"))?;
    let form = CodePage::new(Frame::for_anybody(&app.config), next, Some(&refusal));
    Ok(refusal.answer(&form))
}

fn refusal(error: LoginError, field: Option<&'static str>) -> Result<Refusal, PageError> {
    match error {
        LoginError::Database(error) => Err(error.into()),
        LoginError::Attempt(error) => Refusal::of_attempt(error),
        LoginError::Disabled(_) => Ok(Refusal::of_form(StatusCode::FORBIDDEN, &error)),
        LoginError::Wrong | LoginError::WrongCode | LoginError::TooLate => Ok(match field {
            Some(field) => Refusal::of_field(field, &error),
            None => Refusal::of_form(StatusCode::UNPROCESSABLE_ENTITY, &error),
        }),
    }
}

/// `GET /logout`
pub(crate) async fn show_logout(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
) -> Response {
    let frame = Frame::for_user(&node.app.config, &caller.user);
    page(StatusCode::OK, &LogoutPage { frame })
}

/// `POST /logout`
pub(crate) async fn submit_logout(
    State(node): State<Arc<Node>>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    let app = &node.app;
    if let Some(caller) = visitor.caller(&node).await? {
        let session = LoggedIn(caller.clone()).session();
        if let Some(session) = session {
            sessions::end(app, caller.user.id, session, &caller.actor()).await?;
        }
    }
    Ok(logged_out(&app.config, "/login"))
}
