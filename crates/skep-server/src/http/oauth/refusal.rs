//! Refusals: `{error, error_description}`, with the codes that clients compare.

use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::db::DbError;
use crate::http::api::{Answer, ApiError};
use crate::oauth::device::NotYet;
use crate::oauth::error::OAuthError;

/// Why there is no token.
pub(crate) enum Refusal {
    /// The request's body cannot be read.
    Unreadable(ApiError),
    /// The request is refused.
    OAuth(OAuthError),
}

impl<E: Into<OAuthError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::OAuth(error.into())
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Unreadable(error)
    }
}

/// The code of an error in a body, and of the answer. Clients take `authorization_pending`, `slow_down`
/// and `expired_token` for what they are only with 400.
fn codes(error: &OAuthError) -> (StatusCode, &'static str) {
    match error {
        OAuthError::Missing(_) | OAuthError::NotAText(_) => {
            (StatusCode::BAD_REQUEST, "invalid_request")
        }
        OAuthError::UnsupportedGrant(_) => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        OAuthError::UnknownClient
        | OAuthError::UnknownKey
        | OAuthError::DeadApiKey
        | OAuthError::DeadLicenseKey(_) => (StatusCode::UNAUTHORIZED, "invalid_client"),
        OAuthError::Scope(_) => (StatusCode::BAD_REQUEST, "invalid_scope"),
        OAuthError::NotYet(NotYet::Pending) => (StatusCode::BAD_REQUEST, "authorization_pending"),
        OAuthError::NotYet(NotYet::SlowDown) => (StatusCode::BAD_REQUEST, "slow_down"),
        OAuthError::NotYet(NotYet::Expired) => (StatusCode::BAD_REQUEST, "expired_token"),
        OAuthError::NotYet(NotYet::Denied) => (StatusCode::FORBIDDEN, "access_denied"),
        OAuthError::NotYet(NotYet::Used)
        | OAuthError::UnknownDeviceCode
        | OAuthError::UnknownRefreshToken
        | OAuthError::Replayed
        | OAuthError::Over(_)
        | OAuthError::UserDisabled => (StatusCode::BAD_REQUEST, "invalid_grant"),
        OAuthError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
        OAuthError::Database(DbError::Conflict | DbError::Unique(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        }
        OAuthError::Database(error) if error.is_outage() => {
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        }
        OAuthError::Database(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unreadable(error) => unreadable(&error),
            Self::OAuth(error) => refused(&error),
        }
    }
}

fn unreadable(error: &ApiError) -> Response {
    let description = error.message();
    said(error.status(), "invalid_request", description)
}

fn refused(error: &OAuthError) -> Response {
    let (status, code) = codes(error);
    let description = match error {
        OAuthError::Database(cause) if status == StatusCode::INTERNAL_SERVER_ERROR => {
            tracing::error!(%cause, "a request for a token failed");
            "something went wrong here; please tell the seller".to_owned()
        }
        OAuthError::Database(DbError::NewerSchema { .. }) => {
            "this server is being upgraded; try again in a few minutes".to_owned()
        }
        OAuthError::Database(cause) => {
            tracing::warn!(%cause, "a request for a token needs the database");
            "the database is away; try again in a moment".to_owned()
        }
        error => error.to_string(),
    };
    let mut response = said(status, code, &description);
    if let OAuthError::TooMany {
        retry_after_seconds,
    } = error
    {
        let seconds = HeaderValue::from(*retry_after_seconds);
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

fn said(status: StatusCode, code: &str, description: &str) -> Response {
    let body = json!({ "error": code, "error_description": description });
    Answer::new(status, body).into_response()
}
