//! The whole way of a tool that logs in.

use fantoccini::key::Key;
use skep_server::accounts::role::Role;

use crate::support::browser::{Browser, Screen};
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_person_with_a_second_factor_lets_a_tool_log_in() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let secret = app.second_factor("jo").await;
    let mut tool = app.tool("laptop").await;
    assert!(tool.poll().await.unwrap().is_none());
    Browser::run(Screen::Desk, false, async |browser| {
        browser.open(&tool.shown.verification_uri_complete).await;
        browser.heading("Log in").await;
        browser.fill("username", "jo").await;
        browser.fill("password", "wrong").await;
        browser.click("Continue").await;
        browser.find("[role=alert]").await;
        browser.fill("password", PASSWORD).await;
        browser.click("Continue").await;
        browser.heading("Confirm it is you").await;
        browser.fill("code", "000000").await;
        browser.click("Log in").await;
        browser.find("#code-error").await;
        browser
            .fill("code", &secret.code_at(app.node.app.clock.now()))
            .await;
        browser.click("Log in").await;
        browser.heading("Allow mix to log in as jo?").await;
        let text = browser.text().await;
        let code = &tool.shown.user_code;
        let shown = format!("{}-{}", &code[..4], &code[4..]);
        assert!(text.contains(&shown) && text.contains("laptop"), "{text}");
        assert!(!text.contains("two-factor"), "{text}");
        browser.click("Allow").await;
        browser.heading("The tool is logged in").await;
        let cookies = browser.cookies().await;
        assert_eq!(cookies, [("skep_session".to_owned(), true)]);
        let tokens = tool.poll().await.unwrap().expect("tokens");
        assert_eq!(tool.whoami(&tokens).await, "jo");
        browser.open(&format!("{}/account", app.url)).await;
        assert!(browser.text().await.contains("mix on laptop"));
    })
    .await;
}

#[tokio::test]
async fn it_works_without_a_mouse() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let secret = app.second_factor("jo").await;
    let mut tool = app.tool("laptop").await;
    Browser::run(Screen::Desk, false, async |browser| {
        let enter = Key::Enter.to_string();
        browser.open(&tool.shown.verification_uri).await;
        browser.heading("Log in").await;
        // The first field has the focus.
        browser.keys("jo").await;
        browser.tab_to("password").await;
        browser.keys(&format!("{PASSWORD}{enter}")).await;
        browser.heading("Confirm it is you").await;
        let code = secret.code_at(app.node.app.clock.now());
        browser.keys(&format!("{code}{enter}")).await;
        browser.heading("Log in a tool").await;
        browser
            .keys(&format!("{}{enter}", tool.shown.user_code.to_lowercase()))
            .await;
        browser.heading("Allow mix").await;
        browser.tab_to("Skip to the content").await;
        browser.keys(&enter).await;
        browser.tab_to("Allow").await;
        browser.keys(&enter).await;
        browser.heading("The tool is logged in").await;
        assert!(tool.poll().await.unwrap().is_some());
        browser.tab_to("Log out").await;
        browser.keys(&enter).await;
        browser.heading("Log in").await;
    })
    .await;
}

#[tokio::test]
async fn wrong_and_expired_codes_are_told_and_a_login_can_be_refused() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut tool = app.tool("laptop").await;
    let late = app.tool("other").await;
    Browser::run(Screen::Telephone, false, async |browser| {
        browser.open(&tool.shown.verification_uri).await;
        browser.fill("username", "jo").await;
        browser.fill("password", PASSWORD).await;
        browser.click("Continue").await;
        browser.heading("Log in a tool").await;
        browser.fill("user_code", "BCFG-HJKM").await;
        browser.click("Continue").await;
        let wrong = browser.find("#user_code-error").await.text().await.unwrap();
        assert!(wrong.contains("No login waits with this code"), "{wrong}");
        browser.fill("user_code", &tool.shown.user_code).await;
        browser.click("Continue").await;
        browser.heading("Allow mix").await;
        browser.click("Refuse").await;
        browser.heading("The login is refused").await;
        assert!(tool.poll().await.is_err());
        app.clock.advance(600);
        browser.open(&late.shown.verification_uri_complete).await;
        let expired = browser.find("#user_code-error").await.text().await.unwrap();
        assert!(expired.contains("This code has expired"), "{expired}");
    })
    .await;
}
