use skep_server::accounts::role::Role;

use crate::support::TestApp;

#[tokio::test]
async fn a_tool_gets_its_tokens_after_a_word_on_the_page() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut tool = app.tool("laptop <of jo>").await;
    assert!(tool.poll().await.unwrap().is_none());
    let code = tool.shown.user_code.clone();
    assert_eq!(
        tool.shown.verification_uri,
        format!("{}/oauth/device", app.url)
    );
    let mut jo = app.visitor();
    let path = tool.shown.verification_uri_complete.replace(&app.url, "");
    assert!(jo.get(&path).await.leads_to().starts_with("/login?next="));
    jo.log_in("jo").await;
    let consent = jo.get(&path).await;
    for text in [
        "Allow mix to log in as jo?",
        "laptop &#60;of jo&#62;",
        "127.0.0.1",
        "publish, replace, retire and revert packages",
        "download every package of every repository",
        "two-factor authentication</a>, which is off",
    ] {
        consent.says(200, text);
    }
    let shown = format!("{}-{}", &code[..4], &code[4..]);
    consent.says(200, &shown);
    let fields = [("user_code", shown.as_str()), ("decision", "approve")];
    jo.post("/oauth/device", &fields)
        .await
        .says(200, "The tool is logged in");
    let tokens = tool.poll().await.unwrap().expect("tokens");
    assert_eq!(tokens.scope.as_deref(), Some("api repositories"));
    let again = jo.post("/oauth/device", &fields).await;
    again.says(422, "already");
    let account = jo.get("/account").await;
    account.says(200, "<strong>mix</strong> on laptop &#60;of jo&#62;");
    let (_, rest) = account.text().split_once("/account/tools/end").unwrap();
    let (_, rest) = rest.split_once("value=\"").unwrap();
    let id = rest.split('"').next().unwrap();
    let answer = jo.post("/account/tools/end", &[("id", id)]).await;
    assert_eq!(answer.leads_to(), "/account?done=tool-ended");
    assert_eq!(
        jo.post("/account/tools/end", &[("id", id)]).await.status,
        404
    );
    assert!(!jo.get("/account").await.text().contains("laptop"));
}

#[tokio::test]
async fn a_refused_login_gets_nothing() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut tool = app.tool("laptop").await;
    let mut jo = app.visitor();
    jo.log_in("jo").await;
    let code = tool.shown.user_code.clone();
    let fields = [("user_code", code.as_str()), ("decision", "deny")];
    jo.post("/oauth/device", &fields)
        .await
        .says(200, "The login is refused");
    assert!(tool.poll().await.is_err());
    jo.get("/account").await.says(200, "None.");
}

#[tokio::test]
async fn codes_that_lead_nowhere_come_back_with_the_reason() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let tool = app.tool("laptop").await;
    let mut jo = app.visitor();
    jo.log_in("jo").await;
    for code in ["x", "BCDFGHJK", "%3Cscript%3E"] {
        let page = jo.get(&format!("/oauth/device?user_code={code}")).await;
        page.says(422, "id=\"user_code-error\"");
        assert!(!page.text().contains("<script"));
    }
    let code = tool.shown.user_code.to_lowercase();
    let path = format!("/oauth/device?user_code={}-{}", &code[..4], &code[4..]);
    jo.get(&path).await.says(200, "Allow mix");
    let fields = [("user_code", code.as_str()), ("decision", "perhaps")];
    assert_eq!(jo.post("/oauth/device", &fields).await.status, 400);
    app.clock.advance(600);
    jo.get(&path).await.says(422, "This code has expired");
    let fields = [("user_code", code.as_str()), ("decision", "approve")];
    jo.post("/oauth/device", &fields)
        .await
        .says(422, "This code has expired");
}

#[tokio::test]
async fn guessing_codes_is_limited() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut jo = app.visitor();
    jo.log_in("jo").await;
    for _ in 0..200 {
        let answer = jo.get("/oauth/device?user_code=BCFGHJKM").await;
        if answer.status == 429 {
            let seconds: u32 = answer.header("retry-after").parse().unwrap();
            assert!(seconds > 0);
            return;
        }
        assert_eq!(answer.status, 422);
    }
    panic!("nobody stopped it");
}
