//! The device flow: a code here, a page elsewhere.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use serde::Deserialize;
use serde_json::json;

use super::token::tokens;
use super::{MAX_SECONDS, OAuthError, OAuthTokens, error, post};
use crate::api::body;
use crate::error::{DecodeError, ShownUrl};
use crate::http_client::Body;
use crate::{Config, Error, Secret};

/// How often to poll where the server does not say, in seconds.
const USUAL_INTERVAL: i64 = 5;
/// What a server may ask for between two polls, in seconds.
const INTERVALS: std::ops::RangeInclusive<i64> = 1..=60;
/// How much slower to poll when told to, in seconds.
const SLOW_DOWN_SECONDS: i64 = 5;

/// A login that somebody has to confirm on the server's page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceAuthorization {
    /// What is polled with.
    pub device_code: Secret,
    /// What the person compares or types, such as `ABCD1234`.
    pub user_code: String,
    /// The page to open; `http` or `https`.
    pub verification_uri: String,
    /// The same with the code in it, so that nobody needs to type.
    pub verification_uri_complete: String,
    /// What the token will be called on the server, if it was said.
    pub name: Option<String>,
    /// When it is too late, in Unix seconds.
    pub expires_at: i64,
    /// How long to wait before each poll, in seconds, from 1 to 60.
    pub interval_seconds: i64,
}

#[derive(Deserialize)]
struct Answer {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: i64,
    interval: Option<i64>,
}

/// Begins a login: `POST /oauth/device_authorization`. `scope` is `api repositories` mostly; `name` is what the token is
/// called on the server's pages, the host's name usually.
pub fn device_authorization_request(
    config: &Config,
    client_id: &str,
    scope: &str,
    name: Option<&str>,
) -> Result<Request<Body>, Error> {
    let mut value = json!({"client_id": client_id, "scope": scope});
    if let Some(name) = name {
        value["name"] = name.into();
    }
    post(config, "device_authorization", &value)
}

/// What to show and how to poll; `now` is when the answer came.
pub fn device_authorization_response(
    response: Response<Bytes>,
    name: Option<&str>,
    now: i64,
) -> Result<DeviceAuthorization, Error> {
    if !response.status().is_success() {
        return Err(OAuthError::of_response(&response).into());
    }
    let answer: Answer = body::read(&response)?;
    let problem = |field: &str| Error::Decode {
        url: ShownUrl::of_response(&response),
        source: DecodeError::Shape(format!("its `{field}` cannot be used")),
    };
    let complete = answer
        .verification_uri_complete
        .unwrap_or_else(|| answer.verification_uri.clone());
    // They are printed on terminals and given to browsers.
    if !is_page(&answer.verification_uri) || !is_page(&complete) {
        return Err(problem("verification_uri"));
    }
    if answer.user_code.is_empty() || answer.user_code.contains(char::is_control) {
        return Err(problem("user_code"));
    }
    if !(0..=MAX_SECONDS).contains(&answer.expires_in) {
        return Err(problem("expires_in"));
    }
    let interval = answer.interval.unwrap_or(USUAL_INTERVAL);
    Ok(DeviceAuthorization {
        device_code: answer.device_code.into(),
        user_code: answer.user_code,
        verification_uri: answer.verification_uri,
        verification_uri_complete: complete,
        name: name.map(str::to_owned),
        expires_at: now.saturating_add(answer.expires_in),
        interval_seconds: interval.clamp(*INTERVALS.start(), *INTERVALS.end()),
    })
}

fn is_page(text: &str) -> bool {
    let is_page =
        |uri: Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    text.parse().is_ok_and(is_page)
}

/// Where a login stands: whoever polls keeps it, and does the waiting.
///
/// ```
/// # use skep_client::oauth::{PollStep, Polling};
/// # fn example(authorization: &skep_client::oauth::DeviceAuthorization) {
/// let mut polling = Polling::new(authorization);
/// let wait: PollStep = polling.wait();
/// // Sleep, send `poll_request`, give the answer to `poll_response`, again and again.
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polling {
    interval_seconds: i64,
    expires_at: i64,
}

/// What comes next in a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollStep {
    /// Somebody confirmed it.
    Done(OAuthTokens),
    /// Not yet: wait so long and ask again.
    SleepThenPollAgain(Duration),
}

impl Polling {
    /// Nothing was asked yet.
    pub fn new(authorization: &DeviceAuthorization) -> Self {
        Self {
            interval_seconds: authorization.interval_seconds,
            expires_at: authorization.expires_at,
        }
    }

    /// The wait before the next poll.
    pub fn wait(&self) -> PollStep {
        let seconds = u64::try_from(self.interval_seconds).unwrap_or_default();
        PollStep::SleepThenPollAgain(Duration::from_secs(seconds))
    }
}

/// Asks whether somebody has confirmed the login: `POST /oauth/token`.
pub fn poll_request(
    config: &Config,
    client_id: &str,
    device_code: &Secret,
) -> Result<Request<Body>, Error> {
    let value = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": device_code.expose(),
        "client_id": client_id,
    });
    post(config, "token", &value)
}

/// What the answer at `now` means for `polling`. A server that wants to be asked less often is, by 5 seconds more each
/// time, up to a minute.
///
/// # Errors
/// [`OAuthError::Expired`] when the time is over, by the server's word or by `now`; [`OAuthError::Denied`].
pub fn poll_response(
    polling: &mut Polling,
    response: Response<Bytes>,
    now: i64,
) -> Result<PollStep, Error> {
    if response.status().is_success() {
        return tokens(&response, now).map(PollStep::Done);
    }
    let is_bad_request = response.status() == StatusCode::BAD_REQUEST;
    match error::error_name(&response).as_str() {
        "authorization_pending" if is_bad_request => {}
        "slow_down" if is_bad_request => {
            let slower = polling.interval_seconds + SLOW_DOWN_SECONDS;
            polling.interval_seconds = slower.min(*INTERVALS.end());
        }
        _ => return Err(OAuthError::of_response(&response).into()),
    }
    match now >= polling.expires_at {
        true => Err(OAuthError::Expired.into()),
        false => Ok(polling.wait()),
    }
}
