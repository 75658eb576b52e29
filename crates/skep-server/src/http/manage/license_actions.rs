//! `/api/manage/licenses/LICENSE/…`: suspend, resume, revoke, grant, explain.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde_json::{Value, json};

use super::fields::{parsed, text};
use super::{Fields, Made, Post, Reader, Segment, Writer};
use crate::http::api::{Answer, ApiError, Input};
use crate::licensing::explain::{Explain, Subject, explain};
use crate::licensing::license::License;
use crate::licensing::licenses::{self, GrantRequest, StatusError};
use crate::node::Node;

/// `POST /licenses/LICENSE/suspend`
pub(crate) async fn suspend(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(license): Segment,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async move |node, caller, fields| {
        fields.done()?;
        let done = licenses::suspend(&node.app, &license, &caller.actor()).await;
        status(&node, done).await
    })
    .await
}

/// `POST /licenses/LICENSE/resume`
pub(crate) async fn resume(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(license): Segment,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async move |node, caller, fields| {
        fields.done()?;
        let done = licenses::resume(&node.app, &license, &caller.actor()).await;
        status(&node, done).await
    })
    .await
}

/// `POST /licenses/LICENSE/revoke`
pub(crate) async fn revoke(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(license): Segment,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async move |node, caller, fields| {
        fields.done()?;
        let done = licenses::revoke(&node.app, &license, &caller.actor()).await;
        status(&node, done).await
    })
    .await
}

/// A license that is that already is as good as one that has become it: requests are repeated.
async fn status(node: &Node, done: Result<License, StatusError>) -> Result<Made, ApiError> {
    let (license, is_changed) = match done {
        Ok(license) => (license, true),
        Err(StatusError::Already { license, .. }) => {
            let shown = licenses::show(&node.app, &license.to_string()).await?;
            (shown.license, false)
        }
        Err(error) => return Err(error.into()),
    };
    let standing = license.terms.standing(node.app.clock.now()).as_str();
    Ok(Made::ok(
        json!({"license": license, "standing": standing, "is_changed": is_changed}),
    ))
}

/// `POST /licenses/LICENSE/grants`
pub(crate) async fn grant(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(license): Segment,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async move |node, caller, mut fields| {
        let request = GrantRequest {
            license,
            package: fields.required("package", parsed)?,
            version: fields.required("version", parsed)?,
            repository: fields.optional("repository", parsed)?,
            actor: caller.actor(),
        };
        fields.done()?;
        let granted = licenses::grant(&node.app, &request).await?;
        let status = if granted.is_new {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        let body = json!({
            "license": {"id": granted.license},
            "grant": granted.grant,
            "is_new": granted.is_new,
        });
        Ok(Made {
            status,
            ..Made::ok(body)
        })
    })
    .await
}

/// `GET /licenses/LICENSE/explain?package=&version=`
pub(crate) async fn explain_license(
    State(node): State<Arc<Node>>,
    _: Reader,
    Segment(license): Segment,
    RawQuery(query): RawQuery,
) -> Result<Answer, ApiError> {
    let query = Fields::of_query(query.as_deref())?;
    let license = licenses::show(&node.app, &license).await?.license;
    answer(&node, Subject::License(license.id), query).await
}

/// `POST /explain`: of a license, a key's id or the key itself, which belongs in no URL.
pub(crate) async fn explain_any(
    State(node): State<Arc<Node>>,
    _: Reader,
    Input(body): Input<Value>,
) -> Result<Answer, ApiError> {
    let mut fields = Fields::of_body(body)?;
    let subject = fields.required("subject", text)?;
    answer(&node, Subject::from(subject.as_str()), fields).await
}

async fn answer(node: &Node, subject: Subject, mut fields: Fields) -> Result<Answer, ApiError> {
    let question = Explain {
        subject,
        package: fields.optional("package", parsed)?,
        version: fields.optional("version", parsed)?,
    };
    fields.done()?;
    if question.version.is_some() && question.package.is_none() {
        return Err(ApiError::invalid(
            "package",
            "is missing: of what is this the version?",
        ));
    }
    Ok(Answer::ok(explain(&node.app, &question).await?))
}
