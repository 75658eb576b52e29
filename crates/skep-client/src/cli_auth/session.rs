use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{HeaderName, Request, Response};

use super::effects::Effects;
use super::flow::{Flow, Realm};
use super::step::Attempt;
use super::{AuthError, CredentialSource, Finished, Options, Outcome, Permission, Reply, Step};
use crate::http_client::Body;
use crate::{Config, Secret};

const OTP: HeaderName = HeaderName::from_static("x-hex-otp");

type Procedure = Pin<Box<dyn Future<Output = Result<Finished, AuthError>> + Send>>;

/// One use of credentials, as a machine without I/O.
///
/// Call [`Session::start`] for the first step, do what it says, hand the result to [`Session::resume`], and
/// so on until [`Step::Done`]. Dropping a session at any step gives up its locks and changes nothing stored.
pub struct Session {
    effects: Effects,
    procedure: Option<Procedure>,
    request: Option<Request<Body>>,
    response: Option<Response<Bytes>>,
    is_attempting: bool,
}

impl Session {
    /// Does something with the HTTP API. What is done does not depend on `permission`: servers decide that.
    pub fn api(
        source: Arc<dyn CredentialSource>,
        config: Config,
        _permission: Permission,
        options: Options,
    ) -> Self {
        Self::new(source, config, Realm::Api, Some(options))
    }

    /// Does something with the repository.
    pub fn repo(source: Arc<dyn CredentialSource>, config: Config, options: Options) -> Self {
        Self::new(source, config, Realm::Repo, Some(options))
    }

    /// Only finds the credentials for the HTTP API; asks nobody.
    pub fn resolve_api(source: Arc<dyn CredentialSource>, config: Config) -> Self {
        Self::new(source, config, Realm::Api, None)
    }

    /// Only finds the credentials for the repository; asks nobody.
    pub fn resolve_repo(source: Arc<dyn CredentialSource>, config: Config) -> Self {
        Self::new(source, config, Realm::Repo, None)
    }

    /// Sends `request` as what the session is for: there will be no [`Step::Attempt`], and
    /// [`Finished::response`] is the answer.
    #[must_use]
    pub fn with_request(mut self, request: Request<Body>) -> Self {
        self.request = Some(request);
        self
    }

    fn new(
        source: Arc<dyn CredentialSource>,
        config: Config,
        realm: Realm,
        options: Option<Options>,
    ) -> Self {
        let effects = Effects::default();
        let flow = Flow {
            effects: effects.clone(),
            source,
            config,
            realm,
            options: options.unwrap_or_default(),
        };
        let procedure: Procedure = match options {
            Some(_) => Box::pin(flow.run()),
            None => Box::pin(flow.resolve_only()),
        };
        Self {
            effects,
            procedure: Some(procedure),
            request: None,
            response: None,
            is_attempting: false,
        }
    }

    /// The first step, at `now` in Unix seconds.
    pub fn start(&mut self, now: i64) -> Step {
        self.advance(now)
    }

    /// The step after the one that led to `reply`, at `now` in Unix seconds.
    pub fn resume(&mut self, now: i64, reply: Reply) -> Step {
        let reply = match reply {
            Reply::Response(response) if std::mem::take(&mut self.is_attempting) => {
                let outcome = Outcome::of(response.status(), response.headers());
                self.response = Some(response);
                Reply::Outcome(outcome)
            }
            reply => reply,
        };
        self.effects.slot().reply = Some(reply);
        self.advance(now)
    }

    fn advance(&mut self, now: i64) -> Step {
        self.effects.slot().now = now;
        let Some(procedure) = &mut self.procedure else {
            return Step::Done(Err(AuthError::OutOfStep));
        };
        // Nothing wakes a procedure but its reply, and that is handed in before.
        let polled = procedure
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(result) => {
                self.procedure = None;
                Step::Done(result.map(|finished| Finished {
                    response: self.response.take(),
                    ..finished
                }))
            }
            Poll::Pending => {
                let asked = self.effects.slot().asked.take();
                asked.map_or(Step::Done(Err(AuthError::OutOfStep)), |step| {
                    self.own_request(step)
                })
            }
        }
    }

    fn own_request(&mut self, step: Step) -> Step {
        match (step, &self.request) {
            (Step::Attempt(attempt), Some(request)) => {
                self.is_attempting = true;
                Step::Send(attempt.apply(request))
            }
            (step, _) => step,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

impl Attempt {
    /// `request` with the credentials and the one-time password in its headers.
    ///
    /// A secret that cannot stand in a header is left out, and the server will refuse.
    pub fn apply(&self, request: &Request<Body>) -> Request<Body> {
        let mut request = request.clone();
        let authorization = self.credentials.as_ref().map(|c| &c.authorization);
        set(&mut request, AUTHORIZATION, authorization);
        set(&mut request, OTP, self.otp.as_ref());
        request
    }
}

fn set(request: &mut Request<Body>, name: HeaderName, secret: Option<&Secret>) {
    let value = secret.and_then(|secret| HeaderValue::from_str(secret.expose()).ok());
    if let Some(mut value) = value {
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
}
