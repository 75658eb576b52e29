//! `/account/second-factor`: turning it on, new recovery codes, turning it off.

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
use super::qr::Qr;
use super::visitor::LoggedIn;
use crate::accounts::caller::Caller;
use crate::accounts::second_factor::{self, Enrollment, Presented, SecondFactorError};
use crate::accounts::totp::RecoveryCode;
use crate::node::Node;

#[derive(Template)]
#[template(path = "enroll.html")]
pub(super) struct EnrollPage {
    pub(super) frame: Frame,
    pub(super) alert: Alert,
    pub(super) qr: Qr,
    pub(super) secret: String,
    pub(super) code: Field,
}

#[derive(Debug, Template)]
#[template(path = "second_factor.html")]
pub(super) struct SecondFactorPage {
    pub(super) frame: Frame,
    pub(super) alert: Alert,
    pub(super) codes_left: u32,
    pub(super) code: Field,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub(super) struct RecoveryCodesPage {
    pub(super) frame: Frame,
    pub(super) done: &'static str,
    pub(super) codes: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EnableForm {
    code: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChangeForm {
    #[serde(default)]
    code: String,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Codes,
    Off,
}

impl EnrollPage {
    pub(super) fn new(frame: Frame, enrollment: &Enrollment, refusal: Option<&Refusal>) -> Self {
        let code = Field::new("code", "Code from the app", Kind::Digits)
            .with_autocomplete("one-time-code")
            .with_hint("Six digits")
            .with_error(beside(refusal, "code"));
        Self {
            frame,
            alert: above(refusal),
            qr: Qr::of(&enrollment.reveal_uri()),
            secret: in_fours(&enrollment.secret.reveal_base32()),
            code,
        }
    }

    fn has_error(&self) -> bool {
        self.alert.is_some() || self.code.error.is_some()
    }
}

impl SecondFactorPage {
    pub(super) fn new(frame: Frame, codes_left: u32, refusal: Option<&Refusal>) -> Self {
        let code = Field::new("code", "Code", Kind::Code)
            .with_autocomplete("one-time-code")
            .with_hint("From the app, or a recovery code, for either of these")
            .with_error(beside(refusal, "code"));
        Self {
            frame,
            alert: above(refusal),
            codes_left,
            code,
        }
    }

    fn has_error(&self) -> bool {
        self.alert.is_some() || self.code.error.is_some()
    }
}

/// Apps take spaces, and people need them.
fn in_fours(secret: &str) -> String {
    let groups: Vec<String> = secret
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    groups.join(" ")
}

/// `GET /account/second-factor`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
) -> Result<Response, PageError> {
    form(&node, &caller, None).await
}

/// The page for how it stands with this user now, with what is wrong with what they sent.
async fn form(
    node: &Node,
    caller: &Caller,
    refusal: Option<&Refusal>,
) -> Result<Response, PageError> {
    let (app, user) = (&node.app, &caller.user);
    let frame = Frame::for_user(&app.config, user);
    match second_factor::enroll(app, user).await {
        Ok(enrollment) => Ok(show_or_refuse(
            &EnrollPage::new(frame, &enrollment, refusal),
            refusal,
        )),
        Err(SecondFactorError::Enabled) => {
            let left = second_factor::count_recovery_codes(app, user.id).await?;
            Ok(show_or_refuse(
                &SecondFactorPage::new(frame, left, refusal),
                refusal,
            ))
        }
        Err(error) => Err(failure(error)),
    }
}

fn show_or_refuse(form: &impl Template, refusal: Option<&Refusal>) -> Response {
    match refusal {
        Some(refusal) => refusal.answer(form),
        None => page(StatusCode::OK, form),
    }
}

/// `POST /account/second-factor`: turns it on.
pub(crate) async fn enable(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
    OurForm(form_data): OurForm<EnableForm>,
) -> Result<Response, PageError> {
    let code = without_spaces(&form_data.code);
    match second_factor::confirm(&node.app, &caller.user, presented(&caller, &code)).await {
        Ok(codes) => {
            let done = "Two-factor authentication is on.";
            Ok(recovery_codes(&node, &caller, done, &codes))
        }
        Err(SecondFactorError::Enabled) => {
            Ok(Redirect::to("/account/second-factor").into_response())
        }
        Err(error) => {
            let refusal = refusal(error)?;
            form(&node, &caller, Some(&refusal)).await
        }
    }
}

/// `POST /account/second-factor/change`: new recovery codes, or none of it anymore.
pub(crate) async fn change(
    State(node): State<Arc<Node>>,
    LoggedIn(caller): LoggedIn,
    OurForm(form_data): OurForm<ChangeForm>,
) -> Result<Response, PageError> {
    let (app, user, actor) = (&node.app, &caller.user, caller.actor());
    let code = without_spaces(&form_data.code);
    if let Err(error) = second_factor::check(app, user, presented(&caller, &code)).await {
        let refusal = refusal(error)?;
        return form(&node, &caller, Some(&refusal)).await;
    }
    match form_data.what {
        What::Codes => {
            let codes = second_factor::renew_recovery_codes(app, user.id, &actor).await;
            let done = "These codes replace the earlier ones.";
            Ok(recovery_codes(
                &node,
                &caller,
                done,
                &codes.map_err(failure)?,
            ))
        }
        What::Off => {
            let removed = second_factor::remove(app, user.id, &actor).await;
            removed.map_err(failure)?;
            Ok(Redirect::to("/account?done=second-factor-off").into_response())
        }
    }
}

fn recovery_codes(
    node: &Node,
    caller: &Caller,
    done: &'static str,
    codes: &[RecoveryCode],
) -> Response {
    let codes = codes.iter().map(|code| code.reveal().to_owned());
    let shown = RecoveryCodesPage {
        frame: Frame::for_user(&node.app.config, &caller.user),
        done,
        codes: codes.collect(),
    };
    page(StatusCode::OK, &shown)
}

fn presented<'a>(caller: &Caller, code: &'a str) -> Presented<'a> {
    Presented {
        code,
        via: caller.via,
        address: caller.address,
    }
}

/// Apps show `123 456`.
fn without_spaces(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace()).collect()
}

fn refusal(error: SecondFactorError) -> Result<Refusal, PageError> {
    match error {
        SecondFactorError::Attempt(error) => Refusal::of_attempt(error),
        SecondFactorError::Wrong => Ok(Refusal::of_field("code", &error)),
        SecondFactorError::NotEnabled | SecondFactorError::Enabled => {
            Ok(Refusal::of_form(StatusCode::CONFLICT, &error))
        }
        SecondFactorError::Database(_) | SecondFactorError::Unknown(_) => Err(failure(error)),
    }
}

fn failure(error: SecondFactorError) -> PageError {
    match error {
        SecondFactorError::Database(error) => error.into(),
        SecondFactorError::Attempt(_)
        | SecondFactorError::Wrong
        | SecondFactorError::NotEnabled
        | SecondFactorError::Enabled
        | SecondFactorError::Unknown(_) => PageError::internal(&error),
    }
}
