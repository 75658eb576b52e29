//! `/api/manage/licenses/LICENSE/keys` and `/api/manage/keys/KEY…`

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;

use super::fields::{end, text};
use super::{Made, Post, Reader, Segment, Writer, with_secret};
use crate::http::api::{Answer, ApiError};
use crate::ids::KeyId;
use crate::licensing::keys::{self, Create, DEFAULT_OVERLAP_SECONDS, KeyError};
use crate::node::Node;

/// Ten years.
const LONGEST_OVERLAP_SECONDS: u32 = 3_650 * 86_400;

/// `GET /licenses/LICENSE/keys`
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    _: Reader,
    Segment(license): Segment,
) -> Result<Answer, ApiError> {
    let keys = keys::list(&node.app, &license).await?;
    Ok(Answer::ok(json!({"keys": keys})))
}

/// `POST /licenses/LICENSE/keys`
pub(crate) async fn create(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(license): Segment,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async move |node, caller, mut fields| {
        let request = Create {
            license,
            label: fields.optional("label", text)?.unwrap_or_default(),
            expires_at: fields.optional("expires_at", end)?,
            actor: caller.actor(),
        };
        fields.done()?;
        let created = keys::create(&node.app, &request).await?;
        let body = json!({
            "license": {"id": created.license.id},
            "key": with_secret(&created.key),
            "notes": created.notes,
        });
        Ok(Made {
            secret: Some(created.secret.reveal().to_owned()),
            ..Made::created(body)
        })
    })
    .await
}

/// `GET /keys/KEY`
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    _: Reader,
    Segment(key): Segment,
) -> Result<Answer, ApiError> {
    let key = keys::show(&node.app, parse(&key)?).await?;
    Ok(Answer::ok(json!({"key": key})))
}

/// `POST /keys/KEY/rotate`
pub(crate) async fn rotate(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(key): Segment,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async move |node, caller, mut fields| {
        let overlap = fields.number("overlap_seconds", LONGEST_OVERLAP_SECONDS)?;
        fields.done()?;
        let overlap = overlap.unwrap_or(DEFAULT_OVERLAP_SECONDS);
        let rotated = keys::rotate(&node.app, parse(&key)?, overlap, &caller.actor()).await?;
        let body = json!({
            "license": {"id": rotated.key.license},
            "key": with_secret(&rotated.key),
            "old_key": rotated.old,
        });
        Ok(Made {
            secret: Some(rotated.secret.reveal().to_owned()),
            ..Made::created(body)
        })
    })
    .await
}

/// `POST /keys/KEY/revoke`
pub(crate) async fn revoke(
    State(node): State<Arc<Node>>,
    Writer(caller): Writer,
    Segment(key): Segment,
    post: Post,
) -> Result<Answer, ApiError> {
    post.run(&node, caller, async move |node, caller, fields| {
        fields.done()?;
        let id = parse(&key)?;
        let (key, is_changed) = match keys::revoke(&node.app, id, &caller.actor()).await {
            Ok(key) => (key, true),
            // As good as done: requests are repeated.
            Err(KeyError::Revoked { .. }) => (keys::show(&node.app, id).await?, false),
            Err(error) => return Err(error.into()),
        };
        Ok(Made::ok(json!({"key": key, "is_changed": is_changed})))
    })
    .await
}

/// What can be no id is no key's.
fn parse(key: &str) -> Result<KeyId, ApiError> {
    // Not repeated: somebody may have put the key itself there.
    key.parse()
        .map_err(|_| ApiError::not_found("there is no such license key: its id looks like `key_…`"))
}
