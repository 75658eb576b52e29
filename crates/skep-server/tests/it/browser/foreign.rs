//! Other sites against somebody who is logged in.

use std::io::{Read, Write};
use std::net::TcpListener;

use skep_server::accounts::role::Role;

use crate::support::browser::{Browser, Screen};
use crate::support::{PASSWORD, TestApp};

/// A site of somebody else: another port is another origin, and `localhost` another site.
fn serve(page: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length:";
            let _ = write!(stream, "{head} {}\r\n\r\n{page}", page.len());
        }
    });
    port
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let page = format!(
        "<main><form method=post action=\"{}/account/keys\"><input name=name value=stolen>\
         <input name=permission value=api><button>Win</button></form></main>",
        app.url
    );
    let port = serve(page);
    Browser::run(Screen::Desk, false, async |browser| {
        browser.open(&format!("{}/login", app.url)).await;
        browser.fill("username", "jo").await;
        browser.fill("password", PASSWORD).await;
        browser.click("Continue").await;
        browser.heading("Account").await;
        for host in ["localhost", "127.0.0.1"] {
            browser.open(&format!("http://{host}:{port}/")).await;
            browser.click("Win").await;
            browser.heading("This came from another site").await;
        }
        browser.open(&format!("{}/account", app.url)).await;
        browser.heading("Account").await;
        assert!(!browser.text().await.contains("stolen"));
    })
    .await;
}

#[tokio::test]
async fn nobody_frames_a_page_and_no_login_leads_elsewhere() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let port = serve(format!("<iframe src=\"{}/login\"></iframe>", app.url));
    Browser::run(Screen::Desk, false, async |browser| {
        browser.open(&format!("http://127.0.0.1:{port}/")).await;
        let framed = "try { return document.querySelector('iframe').contentWindow.location.href; } catch { return 'hidden'; }";
        // What Chromium shows in place of a page that must not be framed is of nobody's origin.
        assert_eq!(browser.script(framed).await, "hidden");
        let evil = format!("http://127.0.0.1:{port}/");
        for next in [evil.as_str(), "//evil.example", "/\\\\evil.example"] {
            browser.open(&format!("{}/logout", app.url)).await;
            browser.open(&format!("{}/login?next={next}", app.url)).await;
            if !browser.url().await.contains("/account") {
                browser.fill("username", "jo").await;
                browser.fill("password", PASSWORD).await;
                browser.click("Continue").await;
            }
            browser.heading("Account").await;
            assert_eq!(browser.url().await, format!("{}/account", app.url));
        }
    })
    .await;
}
