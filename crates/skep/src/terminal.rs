//! What [`skep_client::cli_auth`] asks for, from a person at a terminal: one-time passwords, whether to log in, and a
//! look at the page where that is done. Without a terminal nobody is asked anything.

use std::io::{self, IsTerminal as _};

use dialoguer::console::Term;
use dialoguer::{Confirm, Input};
use skep_client::Secret;
use skep_client::cli_auth::{
    AuthConfig, Callbacks, CredentialSource, FileTokenStore, LoginReason, OtpReason, TokenStore,
};
use skep_client::oauth::{DeviceAuthorization, desktop};
use skep_server::clock::Clock;

use crate::output::Output;
use crate::servers::Servers;

mod login_text;

pub(crate) use skep_server::oauth::clients::SKEP as CLIENT_ID;

/// A person at a terminal, their credentials, and a clock.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// What they have named, with its keys.
    pub(crate) servers: Servers,
    /// Where their logins are.
    pub(crate) tokens: FileTokenStore,
    /// How to speak.
    pub(crate) output: Output,
    /// How a login is made.
    pub(crate) login: LoginHabits,
}

/// How a login is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoginHabits {
    /// They have asked for it, so they are not asked again.
    pub(crate) is_wanted: bool,
    /// What it is called; else the name of this machine.
    pub(crate) name: Option<String>,
    /// Another id than [`CLIENT_ID`].
    pub(crate) client_id: Option<String>,
}

/// Whether somebody can be asked: they see the question and can answer it.
pub(crate) fn has_person() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

impl CredentialSource for Terminal {
    fn auth_config(&self, repository: &str) -> Option<AuthConfig> {
        self.servers.auth_config(repository)
    }

    fn token_store(&self) -> &dyn TokenStore {
        &self.tokens
    }

    fn client_id(&self) -> String {
        let id = self.login.client_id.as_deref();
        id.unwrap_or(CLIENT_ID).to_owned()
    }

    fn device_name(&self) -> Option<String> {
        self.login.name.clone().or_else(desktop::host_name)
    }
}

impl Callbacks for Terminal {
    fn now(&self) -> i64 {
        Clock::system().now().seconds()
    }

    fn prompt_otp(&self, reason: OtpReason) -> Option<Secret> {
        if !has_person() {
            return None;
        }
        if reason == OtpReason::Invalid {
            self.output
                .talk("That one-time password was wrong, or was used before.");
        }
        let otp: String = Input::new()
            .with_prompt("One-time password")
            .allow_empty(true)
            .interact_text_on(&Term::stderr())
            .ok()?;
        let otp = otp.trim();
        (!otp.is_empty()).then(|| Secret::from(otp))
    }

    fn should_authenticate(&self, reason: LoginReason) -> bool {
        if self.login.is_wanted {
            return true;
        }
        if !has_person() {
            return false;
        }
        self.output.talk(match reason {
            LoginReason::NoCredentials => "This needs a login.",
            LoginReason::TokenRefreshFailed => "Your login has ended.",
        });
        let question = Confirm::new().with_prompt("Log in now?").default(true);
        question.interact_on(&Term::stderr()).unwrap_or(false)
    }

    fn show_login(&self, login: &DeviceAuthorization, open_browser: bool) {
        self.output.talk(login_text::text(login, self.now()));
        if !open_browser || !has_person() {
            return;
        }
        if let Err(error) = desktop::open_browser(&login.verification_uri_complete) {
            self.output
                .talk(format_args!("({error}: open the page yourself)"));
        }
    }
}
