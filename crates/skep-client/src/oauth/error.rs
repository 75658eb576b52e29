//! Why a server gives no token.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;

use crate::answer;
use crate::api::body;
use crate::error::ShownUrl;

/// Why there are no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// Nobody confirmed the login in time.
    #[error("the login was not confirmed in time")]
    Expired,
    /// Somebody said no to the login.
    #[error("the login was denied")]
    Denied,
    /// The refresh token, device code or key is not good, or no longer.
    #[error("`{url}` does not accept what the token was asked with{}", said(.description))]
    InvalidGrant {
        /// What was asked for.
        url: ShownUrl,
        /// What the server says about it; may be empty.
        description: String,
    },
    /// Another refusal.
    #[error("the server answered `{status}` to `{url}`: `{error}`{}", said(.description))]
    Refused {
        /// Its code.
        status: StatusCode,
        /// What was asked for.
        url: ShownUrl,
        /// The name of the error in OAuth, such as `invalid_client`; empty if the server gives none.
        error: String,
        /// What the server says about it; may be empty.
        description: String,
        /// How long the server wants to be left alone, if it says.
        retry_after_seconds: Option<u64>,
    },
}

impl OAuthError {
    /// The code the server answered, where it is not one of the expected ends of a login.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Expired | Self::Denied | Self::InvalidGrant { .. } => None,
        }
    }

    /// What a refusal to give a token means.
    pub(super) fn of_response(response: &Response<Bytes>) -> Self {
        let error = error_name(response);
        let is_bad_request = response.status() == StatusCode::BAD_REQUEST;
        let url = ShownUrl::of_response(response);
        let description = answer::status_error(url.clone(), response);
        let value = body::value(response).unwrap_or_default();
        let described = ["error_description", "message"]
            .iter()
            .find_map(|field| value.get(*field)?.as_str());
        let description = match described {
            Some(text) => answer::shortened(text),
            None if value.is_null() => description.message,
            None => String::new(),
        };
        match error.as_str() {
            "expired_token" if is_bad_request => Self::Expired,
            "access_denied" => Self::Denied,
            "invalid_grant" => Self::InvalidGrant { url, description },
            _ => Self::Refused {
                status: response.status(),
                url,
                error,
                description,
                retry_after_seconds: answer::retry_after_seconds(response.headers()),
            },
        }
    }
}

/// The `error` of a refusal; empty if there is none.
pub(super) fn error_name(response: &Response<Bytes>) -> String {
    let value = body::value(response).unwrap_or_default();
    let name = value.get("error").and_then(Value::as_str);
    answer::shortened(name.unwrap_or_default())
}

fn said(description: &str) -> String {
    match description {
        "" => String::new(),
        description => format!(" ({description})"),
    }
}
