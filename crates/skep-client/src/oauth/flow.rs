//! A whole login, step by step, without doing anything.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::device::{
    DeviceAuthorization, PollStep, Polling, device_authorization_request,
    device_authorization_response, poll_request, poll_response,
};
use super::{OAuthError, OAuthTokens};
use crate::http_client::Body;
use crate::{Config, Error};

/// A login by the device flow. Ask [`request`](Self::request) what to send, send it, and tell
/// [`answered`](Self::answered) what came back, until it is done.
#[derive(Debug, Clone)]
pub struct DeviceFlow {
    config: Config,
    client_id: String,
    scope: String,
    name: Option<String>,
    state: Option<(DeviceAuthorization, Polling)>,
}

/// What to do before the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowStep {
    /// Show the page and the code, perhaps open the page, and wait so long.
    Show(DeviceAuthorization, Duration),
    /// Wait so long.
    Sleep(Duration),
    /// Nothing: these are the tokens.
    Done(OAuthTokens),
}

impl DeviceFlow {
    /// A login at the server of `config`; the rest as for [`device_authorization_request`].
    pub fn new(config: &Config, client_id: &str, scope: &str, name: Option<&str>) -> Self {
        Self {
            config: config.clone(),
            client_id: client_id.to_owned(),
            scope: scope.to_owned(),
            name: name.map(str::to_owned),
            state: None,
        }
    }

    /// What to send at `now`.
    ///
    /// # Errors
    /// [`OAuthError::Expired`] when it is too late.
    pub fn request(&self, now: i64) -> Result<Request<Body>, Error> {
        match &self.state {
            None => device_authorization_request(
                &self.config,
                &self.client_id,
                &self.scope,
                self.name.as_deref(),
            ),
            Some((authorization, _)) if now > authorization.expires_at => {
                Err(OAuthError::Expired.into())
            }
            Some((authorization, _)) => {
                poll_request(&self.config, &self.client_id, &authorization.device_code)
            }
        }
    }

    /// What the answer to the last request means; it came at `now`.
    pub fn answered(&mut self, response: Response<Bytes>, now: i64) -> Result<FlowStep, Error> {
        if let Some((_, polling)) = &mut self.state {
            return Ok(match poll_response(polling, response, now)? {
                PollStep::Done(tokens) => FlowStep::Done(tokens),
                PollStep::SleepThenPollAgain(wait) => FlowStep::Sleep(wait),
            });
        }
        let authorization = device_authorization_response(response, self.name.as_deref(), now)?;
        let polling = Polling::new(&authorization);
        let wait = Duration::from_secs(authorization.interval_seconds.unsigned_abs());
        self.state = Some((authorization.clone(), polling));
        Ok(FlowStep::Show(authorization, wait))
    }
}
