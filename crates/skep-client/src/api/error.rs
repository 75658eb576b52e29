//! Why the API refuses.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use super::body;
use crate::answer;
use crate::error::ShownUrl;

/// When the window of a rate limit ends, in Unix seconds.
const X_RATELIMIT_RESET: &str = "x-ratelimit-reset";
/// How many fields and texts of a validation error are kept.
const MAX_FIELDS: usize = 100;
/// How deep the fields of a validation error are looked at.
const MAX_DEPTH: usize = 8;

/// A refusal of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server answered `{status}` to `{url}`: {kind}{}", said(.message))]
pub struct ApiError {
    /// Its code.
    pub status: StatusCode,
    /// What was asked for.
    pub url: ShownUrl,
    /// What the server says about it, at most 500 characters; empty if that is not text for people.
    pub message: String,
    /// What it means.
    pub kind: ApiErrorKind,
}

/// What a refusal means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiErrorKind {
    /// The credentials are missing or wrong.
    #[error("it does not know who is asking")]
    Unauthorized,
    /// The token ended; a refreshed one may do.
    #[error("the token has expired")]
    TokenExpired,
    /// The call needs a one-time password ([`api_otp`](crate::Config::api_otp)).
    #[error("it needs a one-time password")]
    OtpRequired,
    /// The one-time password is wrong or was used before.
    #[error("the one-time password is wrong")]
    InvalidTotp,
    /// The credentials are not enough for this.
    #[error("that is not allowed")]
    Forbidden,
    /// There is no such thing, or it is not for this caller to know of.
    #[error("there is no such thing")]
    NotFound,
    /// What was sent breaks the server's rules.
    #[error("it is not acceptable{errors}")]
    Validation {
        /// What is wrong, by field.
        errors: FieldErrors,
    },
    /// Too many requests.
    #[error("there were too many requests")]
    RateLimited {
        /// When it is over, in Unix seconds, if the server says.
        reset_at: Option<i64>,
        /// How long to wait, if the server says.
        retry_after_seconds: Option<u64>,
    },
    /// Something else.
    #[error("it did not work")]
    Other,
}

/// Texts by field. A field inside another has both names, as in `requirements.jason`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(pub BTreeMap<String, Vec<String>>);

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (field, texts) in &self.0 {
            write!(f, "; `{field}` {}", texts.join(", "))?;
        }
        Ok(())
    }
}

impl ApiError {
    pub(crate) fn of_response(response: &Response<Bytes>) -> Self {
        let body = body::value(response).unwrap_or_default();
        let url = ShownUrl::of_response(response);
        let said = body.get("message").and_then(Value::as_str);
        let message = match said {
            Some(message) => answer::shortened(message),
            None if body.is_null() => answer::status_error(url.clone(), response).message,
            None => String::new(),
        };
        Self {
            status: response.status(),
            url,
            message,
            kind: kind(response, &body),
        }
    }

    /// Whether a release exists already and the call did not ask to replace it.
    pub fn is_not_replacing(&self) -> bool {
        self.has_field_text("--replace")
    }

    /// Whether a release can no longer be changed, because too much time has passed since it was published.
    pub fn is_too_late(&self) -> bool {
        self.has_field_text("can only modify a release")
    }

    fn has_field_text(&self, words: &str) -> bool {
        match &self.kind {
            ApiErrorKind::Validation { errors } => {
                errors.0.values().flatten().any(|text| text.contains(words))
            }
            _ => false,
        }
    }
}

impl ApiErrorKind {
    /// What the header `www-authenticate` of a 401 means. Servers write the challenge exactly like this, and clients
    /// compare it from its beginning.
    pub(crate) fn of_challenge(headers: &HeaderMap) -> Self {
        let challenges = headers.get_all(WWW_AUTHENTICATE);
        let mut challenges = challenges.iter().filter_map(|value| value.to_str().ok());
        let known = challenges.find_map(|challenge| {
            let error = challenge.strip_prefix("Bearer realm=\"hex\", error=\"")?;
            match error.split('"').next()? {
                "totp_required" => Some(Self::OtpRequired),
                "invalid_totp" => Some(Self::InvalidTotp),
                "token_expired" => Some(Self::TokenExpired),
                _ => None,
            }
        });
        known.unwrap_or(Self::Unauthorized)
    }
}

fn kind(response: &Response<Bytes>, body: &Value) -> ApiErrorKind {
    match response.status() {
        StatusCode::UNAUTHORIZED => ApiErrorKind::of_challenge(response.headers()),
        StatusCode::FORBIDDEN => ApiErrorKind::Forbidden,
        StatusCode::NOT_FOUND => ApiErrorKind::NotFound,
        StatusCode::TOO_MANY_REQUESTS => ApiErrorKind::RateLimited {
            reset_at: number(response.headers(), X_RATELIMIT_RESET),
            retry_after_seconds: answer::retry_after_seconds(response.headers()),
        },
        StatusCode::UNPROCESSABLE_ENTITY => ApiErrorKind::Validation {
            errors: field_errors(body),
        },
        StatusCode::BAD_REQUEST if body.get("errors").is_some() => ApiErrorKind::Validation {
            errors: field_errors(body),
        },
        _ => ApiErrorKind::Other,
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn field_errors(body: &Value) -> FieldErrors {
    let mut errors = FieldErrors::default();
    if let Some(value) = body.get("errors") {
        collect(&mut errors, "", value, 0);
    }
    errors
}

fn collect(errors: &mut FieldErrors, field: &str, value: &Value, depth: usize) {
    if depth > MAX_DEPTH || errors.0.values().map(Vec::len).sum::<usize>() >= MAX_FIELDS {
        return;
    }
    match value {
        Value::Object(entries) => {
            for (name, value) in entries {
                let name = answer::shortened(name);
                let inner = if field.is_empty() {
                    name
                } else {
                    format!("{field}.{name}")
                };
                collect(errors, &inner, value, depth + 1);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(errors, field, item, depth + 1);
            }
        }
        Value::String(text) => {
            let texts = errors.0.entry(field.to_owned()).or_default();
            texts.push(answer::shortened(text));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn said(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(" ({message})"),
    }
}
