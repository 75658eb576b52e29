//! Doing what a login asks for.

use std::future::Future;
use std::time::Duration;

use super::device::DeviceAuthorization;
use super::flow::{DeviceFlow, FlowStep};
use super::token::OAuthTokens;
use crate::Error;
use crate::http_client::HttpClient;

/// What [`device_auth_flow`] needs besides a client: a clock and somebody to talk to.
pub trait DeviceLogin {
    /// The time, in Unix seconds.
    fn now(&self) -> i64;

    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;

    /// Shows the page, the code and the token's name, and opens the page where that is wanted (with
    /// `desktop::open_browser`, for example). Must not block.
    fn show(&self, login: &DeviceAuthorization);
}

/// Runs a login to its end. Dropping the future at any point leaves nothing behind here; the server forgets the code by
/// itself.
///
/// # Errors
/// [`OAuthError::Expired`](super::OAuthError::Expired), [`OAuthError::Denied`](super::OAuthError::Denied), or what went
/// wrong with a request.
pub async fn device_auth_flow(
    client: &impl HttpClient,
    mut flow: DeviceFlow,
    login: &impl DeviceLogin,
) -> Result<OAuthTokens, Error> {
    loop {
        let response = client.send(flow.request(login.now())?).await?;
        match flow.answered(response, login.now())? {
            FlowStep::Done(tokens) => return Ok(tokens),
            FlowStep::Sleep(wait) => login.sleep(wait).await,
            FlowStep::Show(authorization, wait) => {
                login.show(&authorization);
                login.sleep(wait).await;
            }
        }
    }
}
