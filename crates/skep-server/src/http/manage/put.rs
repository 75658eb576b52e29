//! `/api/manage/licenses/by-external-id/ID`: what a shop says when somebody has paid.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};

use super::fields::{end, parsed, start, text};
use super::{Fields, Made, Reader, Segment, Writer, slugs, with_secret, written};
use crate::accounts::caller::Caller;
use crate::http::api::{Answer, ApiError, Input};
use crate::licensing::licenses::{self, Put, PutDone};
use crate::node::Node;

/// More grace days than the domain takes are refused by it, with its words.
const MOST_NUMBER: u32 = 1_000_000;

/// `GET`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    _: Reader,
    Segment(external_id): Segment,
) -> Result<Answer, ApiError> {
    let shown = licenses::show_by_external_id(&node.app, &external_id).await?;
    Ok(Answer::ok(shown))
}

/// `PUT`: 201 with the secret of the first key, then 200 without it.
pub(crate) async fn put(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(external_id): Segment,
    Input(body): Input<Value>,
) -> Result<Answer, ApiError> {
    let request = read(external_id, &caller, Fields::of_body(body)?)?;
    let done = licenses::put(&node.app, &request).await?;
    Ok(written(&node, made(done)).await)
}

fn read(external_id: String, caller: &Caller, mut fields: Fields) -> Result<Put, ApiError> {
    let mut customer = fields.inside("customer")?;
    let (email, name) = (
        customer.required("email", text)?,
        customer.required("name", text)?,
    );
    customer.done()?;
    let request = Put {
        external_id,
        email,
        name,
        products: fields.list("products")?,
        plan: fields.required("plan", parsed)?,
        starts_at: fields.optional("starts_at", start)?,
        access_until: fields.edit("access_until", end)?,
        updates_until: fields.edit("updates_until", end)?,
        grace_days: fields.number("grace_days", MOST_NUMBER)?,
        actor: caller.actor(),
    };
    fields.done()?;
    Ok(request)
}

fn made(done: PutDone) -> Made {
    let status = match done.first_key {
        Some(_) => StatusCode::CREATED,
        None => StatusCode::OK,
    };
    let key = done.first_key.as_ref().map(|(key, _)| with_secret(key));
    let body = json!({
        "license": done.license,
        "standing": done.standing,
        "customer": done.customer,
        "products": slugs(&done.products),
        "key": key,
        "changed": done.differences,
        "narrowed": done.narrowed,
        "notes": done.notes,
    });
    let secret = done.first_key.map(|(_, secret)| secret.reveal().to_owned());
    Made {
        status,
        body,
        secret,
    }
}
