//! Every page on a telephone and on a desk, in both color schemes: nothing is cut off, and pictures of
//! them are in `target/tmp/pages`.

use skep_server::accounts::links;
use skep_server::accounts::role::Role;
use skep_server::db::audit::Actor;

use crate::support::browser::{Browser, Screen};
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn every_page_fits_a_desk() {
    tour(Screen::Desk, false, "desk").await;
}

#[tokio::test]
async fn every_page_fits_a_dark_telephone() {
    tour(Screen::Telephone, true, "telephone-dark").await;
}

async fn tour(screen: Screen, is_dark: bool, name: &str) {
    let app = TestApp::new().await;
    app.user("jo", Role::Owner).await;
    let link = links::create(&app.node.app, "jo", &Actor::Cli)
        .await
        .unwrap();
    let tool = app
        .tool("a-laptop-with-a-rather-long-name.office.example")
        .await;
    Browser::run(screen, is_dark, async |browser| {
        let open = async |path: &str, heading: &str, picture: &str| {
            browser.open(&format!("{}{path}", app.url)).await;
            browser.heading(heading).await;
            browser.fits(&format!("{name}-{picture}")).await;
        };
        let scheme = "return matchMedia('(prefers-color-scheme: dark)').matches;";
        open("/login", "Log in", "login").await;
        assert_eq!(browser.script(scheme).await, is_dark);
        browser.fill("username", "jo").await;
        browser.fill("password", "wrong").await;
        browser.click("Continue").await;
        browser.find("[role=alert]").await;
        browser.fits(&format!("{name}-login-wrong")).await;
        open("/link", "Set a password", "link").await;
        browser.fill("code", link.code.reveal()).await;
        browser.fill("password", PASSWORD).await;
        browser.fill("repeated", "other").await;
        browser.click("Set the password").await;
        browser.find("#repeated-error").await;
        browser.fits(&format!("{name}-link-wrong")).await;
        browser.fill("password", PASSWORD).await;
        browser.fill("repeated", PASSWORD).await;
        browser.click("Set the password").await;
        browser.heading("Account").await;
        browser.fits(&format!("{name}-account-new")).await;
        open("/account/password", "Change the password", "password").await;
        open("/account/second-factor", "Turn on", "enroll").await;
        let secret = browser.find("code.secret").await.text().await.unwrap();
        let code = code_of(&secret, &app);
        browser.fill("code", &code).await;
        browser.click("Turn on").await;
        browser.heading("Recovery codes").await;
        browser.fits(&format!("{name}-recovery-codes")).await;
        open("/account/second-factor", "is on", "second-factor").await;
        open("/account/keys", "New API key", "new-key").await;
        browser.fill("name", "CI of acme_pro").await;
        browser.find("[value=api]").await.click().await.unwrap();
        browser.click("Make the key").await;
        browser.heading("API key made").await;
        browser.fits(&format!("{name}-key-made")).await;
        open("/oauth/device", "Log in a tool", "device").await;
        let consent = tool.shown.verification_uri_complete.replace(&app.url, "");
        open(&consent, "Allow mix", "consent").await;
        browser.click("Allow").await;
        browser.heading("The tool is logged in").await;
        browser.fits(&format!("{name}-done")).await;
        open("/account", "Account", "account").await;
        open("/logout", "Log out", "logout").await;
        open("/assets/nothing.css", "There is nothing here", "not-found").await;
    })
    .await;
}

/// As the app computes it from what the page shows.
fn code_of(secret: &str, app: &TestApp) -> String {
    let bytes = data_encoding::BASE32_NOPAD
        .decode(secret.replace(' ', "").as_bytes())
        .expect("base32");
    let secret = skep_server::accounts::totp::TotpSecret::try_from(bytes.as_slice());
    secret.expect("20 bytes").code_at(app.node.app.clock.now())
}
