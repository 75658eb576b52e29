//! `/link`: setting a password with a one-time code. The code is typed or pasted: as part of an
//! address it would be in the logs of every proxy on the way and in the browser's history, and reading it
//! from behind a `#` takes a script.

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
use super::password::{new_password, unequal};
use super::visitor::{Visitor, logged_in};
use crate::accounts::links::{self, LinkCode, LinkError};
use crate::accounts::password::Password;
use crate::node::Node;

#[derive(Debug, Template)]
#[template(path = "link.html")]
pub(super) struct LinkPage {
    pub(super) frame: Frame,
    pub(super) alert: Alert,
    pub(super) code: Field,
    pub(super) password: Field,
    pub(super) repeated: Field,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LinkForm {
    code: String,
    password: String,
    repeated: String,
}

impl LinkPage {
    pub(super) fn new(frame: Frame, code: &str, refusal: Option<&Refusal>) -> Self {
        let code = Field::new("code", "One-time code", Kind::Code)
            .with_hint("From the owner of this repository; it works once, for a day")
            .with_value(code)
            .with_error(beside(refusal, "code"));
        let (password, repeated) = new_password(refusal);
        let is_first = refusal.is_none();
        Self {
            frame,
            alert: above(refusal),
            code: if is_first { code.with_focus() } else { code },
            password,
            repeated,
        }
    }

    fn has_error(&self) -> bool {
        let fields = [&self.code, &self.password, &self.repeated];
        self.alert.is_some() || fields.iter().any(|field| field.error.is_some())
    }
}

/// `GET /link`
pub(crate) async fn show(State(node): State<Arc<Node>>) -> Response {
    let frame = Frame::for_anybody(&node.app.config);
    page(StatusCode::OK, &LinkPage::new(frame, "", None))
}

/// `POST /link`
pub(crate) async fn submit(
    State(node): State<Arc<Node>>,
    visitor: Visitor,
    OurForm(form): OurForm<LinkForm>,
) -> Result<Response, PageError> {
    let app = &node.app;
    let refusal = if form.password == form.repeated {
        let code = LinkCode::from_text(form.code.trim());
        let password = Password::from_text(form.password);
        match links::set_password(app, &code, &password, &visitor.origin).await {
            Ok((_, Some(new))) => return Ok(logged_in(&app.config, &new.token, "/account")),
            Ok((_, None)) => return Ok(Redirect::to("/login").into_response()),
            Err(error) => refusal(error)?,
        }
    } else {
        unequal()
    };
    let frame = Frame::for_anybody(&app.config);
    let form = LinkPage::new(frame, form.code.trim(), Some(&refusal));
    Ok(refusal.answer(&form))
}

fn refusal(error: LinkError) -> Result<Refusal, PageError> {
    match error {
        LinkError::Database(error) => Err(error.into()),
        LinkError::Attempt(error) => Refusal::of_attempt(error),
        LinkError::Disabled(_) => Ok(Refusal::of_form(StatusCode::FORBIDDEN, &error)),
        LinkError::Unknown => Ok(Refusal::of_field("code", &error)),
        LinkError::Password(error) => Ok(Refusal::of_field("password", &error)),
    }
}
