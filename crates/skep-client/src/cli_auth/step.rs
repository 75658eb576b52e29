use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};

use super::AuthError;
use crate::Secret;
use crate::api::ApiErrorKind;
use crate::http_client::{Body, SendError};
use crate::oauth::DeviceAuthorization;

/// What a [`Session`](super::Session) wants next.
#[derive(Debug)]
pub enum Step {
    /// Send this, and reply with [`Reply::Response`] or [`Reply::SendFailed`].
    Send(Request<Body>),
    /// Do what the session is for, and reply with [`Reply::Outcome`]. Sessions made for a request send it
    /// with [`Step::Send`] instead.
    Attempt(Attempt),
    /// Ask for a one-time password, and reply with [`Reply::Otp`].
    NeedOtp(OtpReason),
    /// Ask whether to log in, and reply with [`Reply::Login`].
    NeedLogin(LoginReason),
    /// Say where to log in, and reply with [`Reply::Proceed`] at once.
    ShowLogin(DeviceAuthorization),
    /// Let this time pass, and reply with [`Reply::Proceed`].
    Wait(Duration),
    /// The end.
    Done(Result<Finished, AuthError>),
}

/// What a [`Step`] led to.
#[derive(Debug)]
pub enum Reply {
    /// The answer to [`Step::Send`], whatever its status.
    Response(Response<Bytes>),
    /// There is no answer to [`Step::Send`].
    SendFailed(SendError),
    /// How [`Step::Attempt`] went.
    Outcome(Outcome),
    /// What was typed at [`Step::NeedOtp`]; `None` to give up.
    Otp(Option<Secret>),
    /// The answer to [`Step::NeedLogin`].
    Login(bool),
    /// [`Step::ShowLogin`] or [`Step::Wait`] is done.
    Proceed,
}

/// What to send along with an attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempt {
    /// Who is asking; `None` to try without.
    pub credentials: Option<Credentials>,
    /// For the header `x-hex-otp`.
    pub otp: Option<Secret>,
}

/// What proves who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The whole value of the header `authorization`: a key as it is, or `Bearer` and a token.
    pub authorization: Secret,
    /// Where it comes from.
    pub source: Source,
    /// Whether there is a way to prolong it.
    pub has_refresh_token: bool,
}

/// Where credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A key somebody configured.
    Config,
    /// A token a server issued.
    OAuth,
}

/// How an attempt went, as far as credentials are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Well, or wrong for a reason of its own.
    Finished,
    /// Refused without a reason that can be mended: 401.
    Unauthorized,
    /// The server wants a one-time password.
    OtpRequired,
    /// The one-time password is wrong.
    OtpInvalid,
    /// The token is too old.
    TokenExpired,
}

impl Outcome {
    /// Reads an answer's status and its header `www-authenticate`.
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use skep_client::cli_auth::Outcome;
    ///
    /// let mut headers = HeaderMap::new();
    /// let value = r#"Bearer realm="hex", error="totp_required""#;
    /// headers.insert("www-authenticate", value.parse().unwrap());
    /// assert_eq!(Outcome::of(StatusCode::UNAUTHORIZED, &headers), Outcome::OtpRequired);
    /// ```
    pub fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        if status != StatusCode::UNAUTHORIZED {
            return Self::Finished;
        }
        Self::of_kind(&ApiErrorKind::of_challenge(headers))
    }

    pub(super) fn of_kind(kind: &ApiErrorKind) -> Self {
        match kind {
            ApiErrorKind::Unauthorized => Self::Unauthorized,
            ApiErrorKind::OtpRequired => Self::OtpRequired,
            ApiErrorKind::InvalidTotp => Self::OtpInvalid,
            ApiErrorKind::TokenExpired => Self::TokenExpired,
            ApiErrorKind::Forbidden
            | ApiErrorKind::NotFound
            | ApiErrorKind::Validation { .. }
            | ApiErrorKind::RateLimited { .. }
            | ApiErrorKind::Other => Self::Finished,
        }
    }
}

/// Why a one-time password is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpReason {
    /// The server wants one.
    Required,
    /// The one before was wrong.
    Invalid,
}

/// Why somebody is asked to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginReason {
    /// There are no credentials.
    NoCredentials,
    /// The login there was has expired and could not be refreshed.
    TokenRefreshFailed,
}

/// How a [`Session`](super::Session) ended well.
#[derive(Debug, Default)]
pub struct Finished {
    /// The answer to the request the session was made for, if it was made for one.
    pub response: Option<Response<Bytes>>,
    /// What was sent along last, or found by a session that only resolves.
    pub credentials: Option<Credentials>,
}
