//! `/account/password`

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::error::PageError;
use super::field::{Alert, Field, Kind};
use super::form::{OurForm, Refusal, above, beside};
use super::frame::{Frame, page};
use super::visitor::LoggedIn;
use crate::accounts::password::Password;
use crate::accounts::passwords::{self, ChangeError};
use crate::node::Node;

#[derive(Debug, Template)]
#[template(path = "password.html")]
pub(super) struct PasswordPage {
    pub(super) frame: Frame,
    pub(super) alert: Alert,
    pub(super) current: Field,
    pub(super) password: Field,
    pub(super) repeated: Field,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PasswordForm {
    current: String,
    password: String,
    repeated: String,
}

impl PasswordPage {
    pub(super) fn new(frame: Frame, refusal: Option<&Refusal>) -> Self {
        let current = Field::new("current", "Current password", Kind::Password)
            .with_autocomplete("current-password")
            .with_error(beside(refusal, "current"));
        let (password, repeated) = new_password(refusal);
        let is_first = refusal.is_none();
        Self {
            frame,
            alert: above(refusal),
            current: if is_first {
                current.with_focus()
            } else {
                current
            },
            password,
            repeated,
        }
    }

    fn has_error(&self) -> bool {
        let fields = [&self.current, &self.password, &self.repeated];
        self.alert.is_some() || fields.iter().any(|field| field.error.is_some())
    }
}

/// A new password, and the same once more.
pub(super) fn new_password(refusal: Option<&Refusal>) -> (Field, Field) {
    let password = Field::new("password", "New password", Kind::Password)
        .with_autocomplete("new-password")
        .with_hint("At least 10 characters; several words are easy to keep in mind")
        .with_error(beside(refusal, "password"));
    let repeated = Field::new("repeated", "New password, once more", Kind::Password)
        .with_autocomplete("new-password")
        .with_error(beside(refusal, "repeated"));
    (password, repeated)
}

/// What is wrong when the two are not the same.
pub(super) fn unequal() -> Refusal {
    Refusal::of_field("repeated", &"this is not the same as the new password")
}

/// `GET /account/password`
pub(crate) async fn show(State(node): State<Arc<Node>>, LoggedIn(caller): LoggedIn) -> Response {
    let frame = Frame::for_user(&node.app.config, &caller.user);
    page(StatusCode::OK, &PasswordPage::new(frame, None))
}

/// `POST /account/password`
pub(crate) async fn submit(
    State(node): State<Arc<Node>>,
    logged_in: LoggedIn,
    OurForm(form): OurForm<PasswordForm>,
) -> Result<Response, PageError> {
    let (app, session) = (&node.app, logged_in.session());
    let caller = logged_in.0;
    let refusal = if form.password == form.repeated {
        let (old, new) = (
            Password::from_text(form.current),
            Password::from_text(form.password),
        );
        match passwords::change(app, &caller, (&old, &new), session).await {
            Ok(()) => return Ok(Redirect::to("/account?done=password").into_response()),
            Err(ChangeError::Database(error)) => return Err(error.into()),
            Err(ChangeError::Attempt(error)) => Refusal::of_attempt(error)?,
            Err(error @ ChangeError::Wrong) => Refusal::of_field("current", &error),
            Err(ChangeError::Password(error)) => Refusal::of_field("password", &error),
        }
    } else {
        unequal()
    };
    let frame = Frame::for_user(&app.config, &caller.user);
    Ok(refusal.answer(&PasswordPage::new(frame, Some(&refusal))))
}
