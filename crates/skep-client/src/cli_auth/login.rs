//! Logging in on the server's page, while this program waits.

use super::flow::Flow;
use super::{AuthError, TokenScope, Tokens};
use crate::Error;
use crate::oauth::{DeviceFlow, FlowStep, OAuthError};

/// What a login is to be good for: both the API and the server's repositories.
const SCOPE: &str = "api repositories";

impl Flow {
    /// Lets somebody log in, and stores the tokens.
    pub(super) async fn device_login(&self) -> Result<Tokens, AuthError> {
        let (client_id, name) = (self.source.client_id(), self.source.device_name());
        let mut flow = DeviceFlow::new(&self.config, &client_id, SCOPE, name.as_deref());
        loop {
            let request = flow.request(self.effects.now()).map_err(failed)?;
            let response = self.effects.send(request).await?.map_err(failed)?;
            match flow
                .answered(response, self.effects.now())
                .map_err(failed)?
            {
                FlowStep::Show(login, wait) => {
                    self.effects.show(login).await?;
                    self.effects.wait(wait).await?;
                }
                FlowStep::Sleep(wait) => self.effects.wait(wait).await?,
                FlowStep::Done(tokens) => {
                    let tokens = Tokens::new(self.server(), tokens);
                    self.persist(&TokenScope::Global(self.server()), &tokens)?;
                    return Ok(tokens);
                }
            }
        }
    }
}

fn failed(error: Error) -> AuthError {
    match error {
        Error::OAuth(OAuthError::Expired) => AuthError::DeviceAuthTimeout,
        Error::OAuth(OAuthError::Denied) => AuthError::DeviceAuthDenied,
        error => AuthError::DeviceAuthFailed(Box::new(error)),
    }
}
