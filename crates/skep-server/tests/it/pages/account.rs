use skep_server::accounts::role::Role;
use skep_server::accounts::users;

use crate::support::{PASSWORD, TestApp};

fn fields<'a>(
    current: &'a str,
    password: &'a str,
    repeated: &'a str,
) -> [(&'static str, &'a str); 3] {
    [
        ("current", current),
        ("password", password),
        ("repeated", repeated),
    ]
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let (mut here, mut there) = (app.visitor(), app.visitor());
    here.log_in("jo").await;
    there.log_in("jo").await;
    let new = "quite another password";
    let answer = here
        .post("/account/password", &fields("wrong", new, new))
        .await;
    answer.says(422, "id=\"current-error\"");
    let answer = here
        .post("/account/password", &fields(PASSWORD, "short", "short"))
        .await;
    answer.says(422, "id=\"password-error\"");
    let answer = here
        .post("/account/password", &fields(PASSWORD, new, ""))
        .await;
    answer.says(422, "id=\"repeated-error\"");
    let answer = here
        .post("/account/password", &fields(PASSWORD, new, new))
        .await;
    let account = answer.leads_to().to_owned();
    here.get(&account)
        .await
        .says(200, "The password is changed");
    assert_eq!(there.get("/account").await.leads_to(), "/login");
    assert_eq!(there.log_in("jo").await.status, 422);
}

/// What is between two texts.
fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = html.split_once(before).expect(before);
    rest.split_once(after).expect(after).0
}

#[tokio::test]
async fn a_second_factor_is_turned_on_renewed_and_turned_off() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut jo = app.visitor();
    jo.log_in("jo").await;
    jo.get("/account").await.says(200, "Off. Publishing");
    let page = jo.get("/account/second-factor").await;
    page.says(200, "role=\"img\"");
    let user = users::show(&app.node.app, "jo").await.unwrap();
    let enrollment = skep_server::accounts::second_factor::enroll(&app.node.app, &user).await;
    let secret = enrollment.unwrap().secret;
    let shown = between(
        page.text(),
        "<code class=\"secret\" aria-labelledby=\"secret-label\">",
        "<",
    );
    assert_eq!(shown.replace(' ', ""), secret.reveal_base32());
    let path = "/account/second-factor";
    let answer = jo.post(path, &[("code", "000000")]).await;
    answer.says(422, "id=\"code-error\"");
    assert!(answer.text().contains(shown), "the same secret");
    let code = secret.code_at(app.node.app.clock.now());
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let answer = jo.post(path, &[("code", &spaced)]).await;
    answer.says(200, "not shown again");
    let recovery = between(answer.text(), "<li><code>", "</code>").to_owned();
    assert_eq!(answer.text().matches("<li><code>").count(), 10);
    jo.get(path).await.says(200, "10 recovery codes left");
    jo.get("/account")
        .await
        .says(200, "On. 10 recovery codes left");
    let change = "/account/second-factor/change";
    let answer = jo.post(change, &[("code", "1"), ("what", "off")]).await;
    answer.says(422, "id=\"code-error\"");
    let answer = jo
        .post(change, &[("code", &recovery), ("what", "codes")])
        .await;
    answer.says(200, "These codes replace the earlier ones");
    let answer = jo
        .post(change, &[("code", &recovery), ("what", "off")])
        .await;
    answer.says(422, "id=\"code-error\"");
    app.clock.advance(60);
    let code = secret.code_at(app.node.app.clock.now());
    let answer = jo.post(change, &[("code", &code), ("what", "off")]).await;
    let account = answer.leads_to().to_owned();
    jo.get(&account)
        .await
        .says(200, "Two-factor authentication is off");
}

#[tokio::test]
async fn an_api_key_is_shown_once_works_and_is_revoked() {
    let app = TestApp::new().await;
    app.publish("alpha", "1.0.0").await;
    app.user_with_password("jo", Role::Owner).await;
    app.user_with_password("kim", Role::Publisher).await;
    let mut jo = app.visitor();
    jo.log_in("jo").await;
    jo.get("/account/keys")
        .await
        .says(200, "issue, change, suspend");
    let path = "/account/keys";
    let answer = jo.post(path, &[("name", "ci")]).await;
    answer.says(422, "id=\"permission-error\"");
    let answer = jo.post(path, &[("name", ""), ("permission", "api")]).await;
    answer.says(422, "id=\"name-error\"");
    let answer = jo.post(path, &[("name", "ci"), ("further", "all")]).await;
    answer.says(422, "id=\"further-error\"");
    let fields = [("name", "ci"), ("permission", "api"), ("expires", "soon")];
    jo.post(path, &fields)
        .await
        .says(422, "id=\"expires-error\"");
    let past = [
        ("name", "ci"),
        ("permission", "api"),
        ("expires", "2020-01-31"),
    ];
    jo.post(path, &past).await.says(422, "in the past");
    let fields = [("name", "ci"), ("further", "docs:elsewhere")];
    let answer = jo.post(path, &fields).await;
    answer.says(422, "id=\"further-error\"");
    answer.says(422, "elsewhere");
    let fields = [
        ("name", "ci"),
        ("permission", "api"),
        ("permission", "repositories"),
        ("further", "package:acme/alpha docs:acme"),
        ("expires", "2027-01-31"),
    ];
    let answer = jo.post(path, &fields).await;
    answer.says(200, "not shown again");
    answer.says(200, "HEX_API_URL");
    let (_, rest) = answer.text().split_once(">ska_").unwrap();
    let key = format!("ska_{}", rest.split('<').next().unwrap());
    let account = jo.get("/account").await;
    account.says(200, "2027-01-31");
    assert!(!account.text().contains(&key));
    let id = between(account.text(), "name=\"id\" value=\"", "\"").to_owned();
    let mut kim = app.visitor();
    kim.log_in("kim").await;
    let fields = [("name", "ci"), ("permission", "licenses:write")];
    let answer = kim.post(path, &fields).await;
    answer.says(422, "id=\"permission-error\"");
    answer.says(422, "further than your role");
    let fields = [("name", "ci"), ("permission", "repositories")];
    let answer = kim.post(path, &fields).await;
    answer.says(200, "not shown again");
    assert!(!answer.text().contains("HEX_API_KEY"));
    let revoke = "/account/keys/revoke";
    assert_eq!(kim.post(revoke, &[("id", &id)]).await.status, 404);
    assert_eq!(jo.post(revoke, &[("id", "x")]).await.status, 404);
    let answer = jo.post(revoke, &[("id", &id)]).await;
    let account = answer.leads_to().to_owned();
    let page = jo.get(&account).await;
    page.says(200, "The API key is revoked");
    assert!(!page.text().contains("2027-01-31"));
}

#[tokio::test]
async fn a_browser_that_was_left_somewhere_is_logged_out_from_here() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let (mut here, mut there) = (app.visitor(), app.visitor());
    there.log_in("jo").await;
    app.clock.advance(60);
    here.log_in("jo").await;
    let account = here.get("/account").await;
    account.says(200, "(this browser)");
    let id = between(
        account.text(),
        "/account/sessions/end\"><input type=\"hidden\" name=\"id\" value=\"",
        "\"",
    )
    .to_owned();
    let answer = here.post("/account/sessions/end", &[("id", &id)]).await;
    assert_eq!(answer.leads_to(), "/account?done=session-ended");
    assert_eq!(there.get("/account").await.leads_to(), "/login");
    here.get("/account").await.says(200, "jo");
}
