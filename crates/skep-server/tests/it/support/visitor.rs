//! A person at a browser, as far as HTTP goes: forms and one cookie.

use skep_server::accounts::caller::Via;
use skep_server::accounts::password::Password;
use skep_server::accounts::passwords;
use skep_server::accounts::role::Role;
use skep_server::accounts::second_factor::{self, Presented};
use skep_server::accounts::totp::TotpSecret;
use skep_server::accounts::users;
use skep_server::db::audit::Actor;
use url::form_urlencoded;

use super::{Answer, Ask, TestApp};

/// Of everybody in these tests.
pub(crate) const PASSWORD: &str = "seven skeps on a shelf";

/// A browser with its cookie.
pub(crate) struct Visitor<'a> {
    app: &'a TestApp,
    pub(crate) cookie: Option<String>,
}

impl TestApp {
    /// A browser that nobody has logged in with.
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        Visitor {
            app: self,
            cookie: None,
        }
    }

    /// Enters a user with [`PASSWORD`].
    pub(crate) async fn user_with_password(&self, username: &str, role: Role) {
        self.user(username, role).await;
        let password = Password::from_text(PASSWORD);
        passwords::set(&self.node.app, username, &password, &Actor::Cli)
            .await
            .expect("a good password");
    }

    /// Gives a user a second factor, confirmed a minute ago.
    pub(crate) async fn second_factor(&self, username: &str) -> TotpSecret {
        let app = &self.node.app;
        let user = users::show(app, username).await.expect("a user");
        let secret = second_factor::enroll(app, &user)
            .await
            .expect("none yet")
            .secret;
        let code = secret.code_at(app.clock.now());
        let presented = Presented {
            code: &code,
            via: Via::Password,
            address: "192.0.2.1".parse().expect("an address"),
        };
        second_factor::confirm(app, &user, presented)
            .await
            .expect("a right code");
        self.clock.advance(60);
        secret
    }
}

impl Visitor<'_> {
    /// Opens a page.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let ask = self.app.get(path);
        self.send(ask).await
    }

    /// Sends a form from one of our pages.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let ask = self.form(path, fields).header("origin", &self.app.url);
        self.send(ask).await
    }

    /// A form, on its way from anywhere.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> Ask {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.app
            .ask(reqwest::Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Sends it with the cookie, and takes the new one.
    pub(crate) async fn send(&mut self, ask: Ask) -> Answer {
        let ask = match &self.cookie {
            Some(cookie) => ask.header("cookie", cookie),
            None => ask,
        };
        let answer = ask.send().await;
        let set = answer.header("set-cookie");
        if !set.is_empty() {
            self.cookie = set.split(';').next().map(ToOwned::to_owned);
        }
        answer
    }

    /// Logs in with [`PASSWORD`]; the code is still to come where there is a second factor.
    pub(crate) async fn log_in(&mut self, username: &str) -> Answer {
        let fields = [("username", username), ("password", PASSWORD)];
        self.post("/login", &fields).await
    }
}

impl Answer {
    /// Where a redirect leads.
    #[track_caller]
    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location")
    }

    /// That it is a page with this status which says this.
    #[track_caller]
    pub(crate) fn says(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert!(self.text().contains(text), "no `{text}` in {}", self.text());
    }
}
