//! How the procedures, written as async functions, become a machine of steps: each `await` on an effect
//! hands a [`Step`] out and sleeps until its [`Reply`] is handed in. Nothing here performs I/O or needs
//! a runtime.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::step::{Attempt, Outcome, Reply, Step};
use super::{AuthError, LoginReason, OtpReason};
use crate::error::ShownUrl;
use crate::http_client::Body;
use crate::oauth::DeviceAuthorization;
use crate::{Error, Secret};

#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) asked: Option<Step>,
    pub(super) reply: Option<Reply>,
    pub(super) now: i64,
}

/// The procedures' side of the slot.
#[derive(Debug, Clone, Default)]
pub(super) struct Effects(Arc<Mutex<Slot>>);

impl Effects {
    pub(super) fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> i64 {
        self.slot().now
    }

    async fn ask(&self, step: Step) -> Reply {
        self.slot().asked = Some(step);
        poll_fn(|_| match self.slot().reply.take() {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        })
        .await
    }

    /// The answer, or why there is none.
    pub(super) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Result<Response<Bytes>, Error>, AuthError> {
        let url = ShownUrl::of_request(&request);
        match self.ask(Step::Send(request)).await {
            Reply::Response(mut response) => {
                // Errors say what was asked for, whoever sent it.
                if response.extensions().get::<ShownUrl>().is_none() {
                    response.extensions_mut().insert(url);
                }
                Ok(Ok(response))
            }
            Reply::SendFailed(error) => Ok(Err(error.into())),
            _ => Err(AuthError::OutOfStep),
        }
    }

    pub(super) async fn attempt(&self, attempt: Attempt) -> Result<Outcome, AuthError> {
        match self.ask(Step::Attempt(attempt)).await {
            Reply::Outcome(outcome) => Ok(outcome),
            _ => Err(AuthError::OutOfStep),
        }
    }

    pub(super) async fn otp(&self, reason: OtpReason) -> Result<Secret, AuthError> {
        match self.ask(Step::NeedOtp(reason)).await {
            Reply::Otp(otp) => otp.ok_or(AuthError::OtpCancelled),
            _ => Err(AuthError::OutOfStep),
        }
    }

    pub(super) async fn may_log_in(&self, reason: LoginReason) -> Result<bool, AuthError> {
        match self.ask(Step::NeedLogin(reason)).await {
            Reply::Login(yes) => Ok(yes),
            _ => Err(AuthError::OutOfStep),
        }
    }

    pub(super) async fn show(&self, login: DeviceAuthorization) -> Result<(), AuthError> {
        self.proceed(Step::ShowLogin(login)).await
    }

    pub(super) async fn wait(&self, time: Duration) -> Result<(), AuthError> {
        self.proceed(Step::Wait(time)).await
    }

    async fn proceed(&self, step: Step) -> Result<(), AuthError> {
        match self.ask(step).await {
            Reply::Proceed => Ok(()),
            _ => Err(AuthError::OutOfStep),
        }
    }
}
