//! A tool that logs in, with our own client.

use skep_client::http_client::HttpClient;
use skep_client::oauth::{DeviceAuthorization, DeviceFlow, FlowStep, OAuthTokens};
use skep_client::transport::Transport;
use skep_client::{BaseUrl, Config, Error};

use super::TestApp;

/// mix's.
const CLIENT: &str = "78ea6566-89fd-481e-a1d6-7d9d78eacca8";

/// A tool that waits for somebody's word.
pub(crate) struct Tool<'a> {
    app: &'a TestApp,
    client: Transport,
    flow: DeviceFlow,
    pub(crate) config: Config,
    pub(crate) shown: DeviceAuthorization,
}

impl TestApp {
    /// Begins a login for `api repositories` from a machine of this name.
    pub(crate) async fn tool(&self, name: &str) -> Tool<'_> {
        let mut config = Config::hexpm();
        config.api_url = BaseUrl::parse(&format!("{}/api", self.url)).expect("a URL");
        let client = Transport::new(&config.user_agent()).expect("a client");
        let mut flow = DeviceFlow::new(&config, CLIENT, "api repositories", Some(name));
        let now = self.node.app.clock.now().seconds();
        let request = flow.request(now).expect("a request");
        let response = client.send(request).await.expect("an answer");
        let FlowStep::Show(shown, _) = flow.answered(response, now).expect("a login") else {
            panic!("the first answer is a code");
        };
        Tool {
            app: self,
            client,
            flow,
            config,
            shown,
        }
    }
}

impl Tool<'_> {
    /// Asks once, after the time it was told to wait.
    pub(crate) async fn poll(&mut self) -> Result<Option<OAuthTokens>, Error> {
        self.app.clock.advance(5);
        let now = self.app.node.app.clock.now().seconds();
        let response = self.client.send(self.flow.request(now)?).await?;
        match self.flow.answered(response, now)? {
            FlowStep::Done(tokens) => Ok(Some(tokens)),
            FlowStep::Sleep(_) | FlowStep::Show(..) => Ok(None),
        }
    }

    /// Who the tokens are for, as the server says.
    pub(crate) async fn whoami(&mut self, tokens: &OAuthTokens) -> String {
        self.config.api_key = Some(tokens.bearer());
        let request = skep_client::api::users::me_request(&self.config).expect("a request");
        let response = self.client.send(request).await.expect("an answer");
        let user = skep_client::api::users::me_response(response).expect("a user");
        user.username
    }
}
