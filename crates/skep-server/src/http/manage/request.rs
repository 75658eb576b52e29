//! What every handler of the license API needs of a request: a caller who may, a segment of the path,
//! a body, and for POST the key under which it is done only once.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use http::StatusCode;
use http::request::Parts;
use serde_json::Value;

use super::Fields;
use super::idempotency::{self, Once};
use crate::accounts::caller::{Caller, Need};
use crate::accounts::permission::Access;
use crate::http::api::{Answer, ApiError, Input};
use crate::http::auth::{Authenticated, AuthenticatedForWrite};
use crate::node::Node;

/// A caller who may look at licenses.
#[derive(Clone, Debug)]
pub(crate) struct Reader;

/// A caller who may change them.
#[derive(Clone, Debug)]
pub(crate) struct Writer(pub(crate) Caller);

/// A caller who may see who fetched what.
#[derive(Clone, Debug)]
pub(crate) struct UsageReader;

impl FromRequestParts<Arc<Node>> for Reader {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, node).await?;
        caller.may(&Need::Licenses(Access::Read))?;
        Ok(Self)
    }
}

impl FromRequestParts<Arc<Node>> for Writer {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        let AuthenticatedForWrite(caller) =
            AuthenticatedForWrite::from_request_parts(parts, node).await?;
        caller.may(&Need::Licenses(Access::Write))?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<Node>> for UsageReader {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, node).await?;
        caller.may(&Need::UsageRead)?;
        Ok(Self)
    }
}

/// The one variable segment of a path, decoded.
#[derive(Clone, Debug)]
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::bad_request("the path is not UTF-8"))?;
        if text.contains('\0') {
            return Err(ApiError::bad_request("the path has a NUL character in it"));
        }
        Ok(Self(text))
    }
}

/// A POST: its body, and how to do it only once.
#[derive(Debug)]
pub(crate) struct Post {
    body: Value,
    once: Option<Once>,
}

impl<S: Send + Sync> FromRequest<S> for Post {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let key = idempotency::key(request.headers())?;
        let target = format!("{} {}", request.method(), request.uri().path());
        let Input(body) = Input::<Value>::from_request(request, state).await?;
        let once = key.map(|key| Once::new(&key, &target, &body));
        Ok(Self { body, once })
    }
}

/// What a write made. The secret is in the answer to this request and in no other.
#[derive(Debug)]
pub(crate) struct Made {
    /// 200 or 201.
    pub(super) status: StatusCode,
    /// The answer; with a secret its place is `key.secret`, which is null here.
    pub(super) body: Value,
    /// The secret of a new key.
    pub(super) secret: Option<String>,
}

impl Made {
    /// 200
    pub(super) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body,
            secret: None,
        }
    }

    /// 201
    pub(super) fn created(body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            ..Self::ok(body)
        }
    }

    /// The answer with everything in it.
    pub(super) fn into_answer(mut self) -> Answer {
        if let Some(secret) = self.secret {
            self.body["key"]["secret"] = secret.into();
        }
        Answer::new(self.status, self.body)
    }
}

impl Post {
    /// Reads the fields, does the work and answers; the same answer to a repeated request that has an
    /// `Idempotency-Key`, without the secret.
    pub(super) async fn run<F>(
        self,
        node: &Arc<Node>,
        caller: Caller,
        work: impl FnOnce(Arc<Node>, Caller, Fields) -> F,
    ) -> Result<Answer, ApiError>
    where
        F: Future<Output = Result<Made, ApiError>> + Send + 'static,
    {
        let fields = Fields::of_body(self.body)?;
        let user = caller.user.id;
        let work = work(Arc::clone(node), caller, fields);
        let Some(once) = self.once else {
            let made = work.await?;
            return Ok(written(node, made).await);
        };
        once.run(node, user, work).await
    }
}

/// The answer to a write, when this node serves what was written. What is committed is done: should the
/// database go away in this moment, the answer says so all the same.
pub(super) async fn written(node: &Node, made: Made) -> Answer {
    if let Err(error) = node.snapshot.refresh().await {
        tracing::warn!(%error, "a change was made that this node does not see yet");
    }
    made.into_answer()
}
