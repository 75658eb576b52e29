//! A refusal of the API: `status`, `message` and, for input that breaks a rule, `errors` by field.

use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::db::DbError;
use crate::http::api::format::Answer;

/// Why a request is not answered as it was meant. Its texts are for people, and for the tools that
/// look for words in them.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    errors: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    is_uncertain: bool,
}

impl ApiError {
    /// A refusal with a text.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            errors: Map::new(),
            headers: Vec::new(),
            is_uncertain: false,
        }
    }

    /// 400: the request itself makes no sense.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401 with the challenge that clients take for "these credentials are no good".
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message).with_challenge("Basic realm=hex")
    }

    /// 403.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 422 about one field.
    pub(crate) fn invalid(field: &str, text: impl Into<String>) -> Self {
        Self::validation().with_error(field, text)
    }

    /// 422; its fields follow with [`with_error`](Self::with_error).
    pub(crate) fn validation() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Validation error(s)")
    }

    /// 503 without `Retry-After`, which clients on Erlang's httpc take for "at once, for ever".
    pub(crate) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database is away; nothing was changed, try again in a moment",
        )
    }

    /// 503 of a node that is too old for its database.
    pub(crate) fn outdated() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "this server is being upgraded and takes no changes just now; nothing was changed, try again in a few minutes",
        )
    }

    /// 503: the database went away while it was told to commit.
    fn uncertain() -> Self {
        Self {
            is_uncertain: true,
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the database went away, and nobody knows whether this was done: look before you try again",
            )
        }
    }

    /// 500: a bug or a damaged installation. What it is, only the log says.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        let cause = error.source().map(ToString::to_string);
        tracing::error!(%error, cause, "a request to the API failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "something went wrong here; please tell the seller",
        )
    }

    /// Whether what was asked for may have been done all the same.
    pub(crate) const fn is_uncertain(&self) -> bool {
        self.is_uncertain
    }

    /// Adds what is wrong with a field. A field inside another is given as `requirements.alpha`.
    #[must_use]
    pub(crate) fn with_error(mut self, field: &str, text: impl Into<String>) -> Self {
        let text = Value::String(text.into());
        match field.split_once('.') {
            None => drop(self.errors.insert(field.to_owned(), text)),
            Some((outer, inner)) => {
                let fields = self
                    .errors
                    .entry(outer)
                    .or_insert_with(|| Value::Object(Map::new()));
                match fields {
                    Value::Object(fields) => drop(fields.insert(inner.to_owned(), text)),
                    other => *other = text,
                }
            }
        }
        self
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }

    /// With another `WWW-Authenticate`: clients compare it from its beginning.
    #[must_use]
    pub(crate) fn with_challenge(self, challenge: &'static str) -> Self {
        self.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// The text.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The status code.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    fn to_value(&self) -> Value {
        let mut body = Map::new();
        body.insert("status".to_owned(), self.status.as_u16().into());
        body.insert("message".to_owned(), self.message.clone().into());
        if !self.errors.is_empty() {
            body.insert("errors".to_owned(), self.errors.clone().into());
        }
        Value::Object(body)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut answer = Answer::new(self.status, self.to_value());
        for (name, value) in self.headers {
            answer = answer.with_header(name, value);
        }
        answer.into_response()
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        if let DbError::Uncertain(_) = error {
            tracing::warn!(%error, "a request to the API may have been carried out");
            return Self::uncertain();
        }
        if error.is_outage() {
            tracing::warn!(%error, "a request to the API needs the database");
            return match error {
                DbError::NewerSchema { .. } => Self::outdated(),
                _ => Self::unavailable(),
            };
        }
        match error {
            DbError::Conflict | DbError::Unique(_) => Self::new(
                StatusCode::CONFLICT,
                "another request changed the same thing at this moment; try again",
            ),
            error => Self::internal(&error),
        }
    }
}
