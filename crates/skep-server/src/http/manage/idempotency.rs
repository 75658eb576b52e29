//! `Idempotency-Key`: a POST that is repeated after a timeout is not done twice. What was answered is
//! kept for a day, without secrets.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use skep_formats::checksum::Sha256;

use super::request::{Made, written};
use crate::clock::DAY_SECONDS;
use crate::db::idempotency::{self as store, Known, Request};
use crate::db::{DbError, in_tx};
use crate::http::api::{Answer, ApiError};
use crate::ids::UserId;
use crate::node::Node;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key.
const LONGEST: usize = 255;
/// A request that has not ended by then never will: its node is gone.
const LOST_AFTER_SECONDS: i64 = 60;

/// How long to wait before each try to forget a key.
const TRY_AGAIN_SECONDS: [u64; 6] = [1, 2, 5, 10, 30, 60];

/// The key of a request.
///
/// # Errors
/// 400: several, empty, too long, or not of visible ASCII characters.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_fine = (1..=LONGEST).contains(&text.len()) && is_visible && values.next().is_none();
    if is_fine {
        Ok(Some(text.to_owned()))
    } else {
        Err(ApiError::bad_request(format!(
            "Idempotency-Key has to be one text of 1 to {LONGEST} visible ASCII characters"
        )))
    }
}

/// A request that is done only once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Once {
    key: Sha256,
    request: Sha256,
}

impl Once {
    /// The request to a target (`POST /licenses`, below `/api/manage`) with a body.
    pub(super) fn new(key: &str, target: &str, body: &Value) -> Self {
        Self {
            key: Sha256::of(key.as_bytes()),
            request: Sha256::of(format!("{target}\n{body}").as_bytes()),
        }
    }

    /// Does the work, unless it has been done or is being done.
    pub(super) async fn run<F>(
        self,
        node: &Arc<Node>,
        caller: UserId,
        work: F,
    ) -> Result<Answer, ApiError>
    where
        F: Future<Output = Result<Made, ApiError>> + Send + 'static,
    {
        let request = Request {
            caller,
            key: self.key,
            request: self.request,
        };
        if let Some(known) = begin(node, &request).await? {
            return replay(node, &request, known);
        }
        // A client that hangs up must not end the work between what is done and what is remembered.
        let node = Arc::clone(node);
        let task = tokio::spawn(async move {
            let outcome = work.await;
            match &outcome {
                Err(error) if !error.is_uncertain() => release(&node, request).await,
                _ => remember(&node, &request, &outcome).await,
            }
            Ok(written(&node, outcome?).await)
        });
        task.await
            .unwrap_or_else(|error| Err(ApiError::internal(&error)))
    }
}

/// Enters the request; what is known of its key if somebody did before.
async fn begin(node: &Node, request: &Request) -> Result<Option<Known>, DbError> {
    let now = node.app.clock.now();
    in_tx!(node.app.db, |tx| {
        store::prune(tx, now.plus_seconds(-DAY_SECONDS)).await?;
        if store::insert(tx, request, now).await? {
            return Ok::<_, DbError>(None);
        }
        match store::find(tx, request).await? {
            Some(known) => Ok(Some(known)),
            // Whoever had it did nothing and has just let it go.
            None => Err(DbError::Conflict),
        }
    })
}

fn replay(node: &Node, request: &Request, known: Known) -> Result<Answer, ApiError> {
    if known.request != request.request {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "this Idempotency-Key came with another request before: use a new key for each request",
        ));
    }
    let Some((status, body)) = known.answer else {
        let lost_at = known.created_at.plus_seconds(LOST_AFTER_SECONDS);
        let text = if node.app.clock.now() < lost_at {
            "the first request with this Idempotency-Key is still being worked on: ask again in a moment"
        } else {
            "the first request with this Idempotency-Key was interrupted, and nobody knows whether it was done: \
             look for what it should have made, and repeat it with a new key if it is not there"
        };
        return Err(ApiError::new(StatusCode::CONFLICT, text));
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    Ok(Answer::new(status, body).with_header(REPLAYED, HeaderValue::from_static("true")))
}

/// Keeps the answer. When it is not certain whether anything was done the key stays as it is, so that
/// nobody does it again unseen.
async fn remember(node: &Node, request: &Request, outcome: &Result<Made, ApiError>) {
    let Ok(made) = outcome else {
        return;
    };
    let answer = (made.status.as_u16(), &made.body);
    let stored: Result<(), DbError> =
        in_tx!(node.app.db, |tx| store::update_answer(tx, request, answer)
            .await);
    if let Err(error) = stored {
        tracing::warn!(%error, "the answer to a request with an Idempotency-Key was not kept");
    }
}

/// Forgets the key of a request that did nothing, so that it can be repeated. If the database is away,
/// that is what it did nothing for, and this has to wait.
async fn release(node: &Arc<Node>, request: Request) {
    if forget(node, &request).await.is_ok() {
        return;
    }
    let node = Arc::clone(node);
    tokio::spawn(async move {
        for pause in TRY_AGAIN_SECONDS {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            if forget(&node, &request).await.is_ok() {
                return;
            }
        }
        tracing::warn!("an Idempotency-Key whose request did nothing was not forgotten");
    });
}

async fn forget(node: &Node, request: &Request) -> Result<(), DbError> {
    in_tx!(node.app.db, |tx| store::delete(tx, request).await)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::app::tests::Installation;

    async fn ask(node: &Arc<Node>, outcome: Result<Made, ApiError>) -> Result<Answer, ApiError> {
        let once = Once::new("k", "POST /customers", &json!({"name": "Jo"}));
        let caller = UserId::from_bytes([7; 16]);
        once.run(node, caller, std::future::ready(outcome)).await
    }

    /// What the database may have done all the same is not done again unseen; everything else is.
    #[tokio::test]
    async fn a_request_that_did_nothing_can_be_repeated() {
        let Installation { folder, app, .. } = Installation::new().await;
        let node = Node::start(app).await.unwrap();
        for nothing in [
            DbError::Unavailable("it is away".to_owned()),
            DbError::Busy,
            DbError::Other("a bug".to_owned()),
        ] {
            let refused = ask(&node, Err(nothing.into())).await.unwrap_err();
            assert!(refused.status().is_server_error(), "{refused:?}");
        }
        let uncertain = DbError::Uncertain("it went away".to_owned());
        let refused = ask(&node, Err(uncertain.into())).await.unwrap_err();
        assert!(refused.message().contains("nobody knows"), "{refused:?}");
        let made = Made::created(json!({"id": "cus_1"}));
        let refused = ask(&node, Ok(made)).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        node.stop().await;
        drop(folder);
    }
}
