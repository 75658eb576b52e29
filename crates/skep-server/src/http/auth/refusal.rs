//! What whoever is not let in is told. Clients compare challenges literally from their beginning.

use http::StatusCode;
use http::header::RETRY_AFTER;

use crate::accounts::attempts::AttemptError;
use crate::accounts::authenticate::AuthenticationError;
use crate::accounts::caller::Forbidden;
use crate::accounts::login::LoginError;
use crate::accounts::second_factor::SecondFactorError;
use crate::http::api::ApiError;
use crate::licensing::limits::OverLimit;
use crate::oauth::tokens::TokenError;

/// 403: the client says it as it is.
pub(super) fn not_enrolled() -> ApiError {
    ApiError::forbidden("Two-factor authentication must be enabled for API write access")
}

/// 401: the client asks for a code and repeats the request with it.
pub(super) fn code_required() -> ApiError {
    ApiError::unauthorized("this needs a two-factor authentication code")
        .with_challenge("Bearer realm=\"hex\", error=\"totp_required\"")
}

/// 401: the client asks for another code, three times at most.
pub(super) fn wrong_code() -> ApiError {
    ApiError::unauthorized("the two-factor authentication code is wrong, or was used already; codes go by the clock of the device that shows them")
        .with_challenge("Bearer realm=\"hex\", error=\"invalid_totp\"")
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Database(error) => error.into(),
            AuthenticationError::Attempt(error) => error.into(),
            AuthenticationError::LicenseToken => Self::forbidden(error.to_string()),
            // Only for one whose time is over: on any other the client would refresh for ever.
            AuthenticationError::Token(TokenError::Expired { .. }) => {
                Self::unauthorized(error.to_string())
                    .with_challenge("Bearer realm=\"hex\", error=\"token_expired\"")
            }
            AuthenticationError::Token(_)
            | AuthenticationError::Missing
            | AuthenticationError::Unknown
            | AuthenticationError::PasswordHere
            | AuthenticationError::WrongPassword
            | AuthenticationError::Closed(_)
            | AuthenticationError::Disabled(_) => Self::unauthorized(error.to_string()),
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Attempt(error) => error.into(),
            LoginError::Database(error) => error.into(),
            LoginError::Wrong
            | LoginError::Disabled(_)
            | LoginError::WrongCode
            | LoginError::TooLate => Self::unauthorized(error.to_string()),
        }
    }
}

impl From<SecondFactorError> for ApiError {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::Wrong => wrong_code(),
            SecondFactorError::NotEnabled => not_enrolled(),
            SecondFactorError::Attempt(error) => error.into(),
            SecondFactorError::Database(error) => error.into(),
            SecondFactorError::Enabled => Self::invalid("code", error.to_string()),
            SecondFactorError::Unknown(error) => Self::not_found(error.to_string()),
        }
    }
}

impl From<AttemptError> for ApiError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Database(error) => error.into(),
            AttemptError::TooMany {
                retry_after_seconds,
            } => too_many(error.to_string(), retry_after_seconds),
        }
    }
}

impl From<OverLimit> for ApiError {
    fn from(error: OverLimit) -> Self {
        too_many(error.to_string(), error.retry_after_seconds())
    }
}

fn too_many(text: String, retry_after_seconds: u32) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, text)
        .with_header(RETRY_AFTER, retry_after_seconds.into())
}

impl From<Forbidden> for ApiError {
    fn from(error: Forbidden) -> Self {
        Self::forbidden(error.to_string())
    }
}
