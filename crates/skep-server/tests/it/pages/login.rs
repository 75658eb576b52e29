use skep_server::accounts::links;
use skep_server::accounts::role::Role;
use skep_server::db::audit::Actor;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn logging_in_leads_to_the_page_that_was_asked_for() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut jo = app.visitor();
    assert_eq!(jo.get("/account").await.leads_to(), "/login");
    let wanted = "/oauth/device?user_code=WXYT4793";
    let login = jo.get(wanted).await.leads_to().to_owned();
    assert_eq!(
        login,
        "/login?next=%2Foauth%2Fdevice%3Fuser%5Fcode%3DWXYT4793"
    );
    jo.get(&login)
        .await
        .says(200, &format!("value=\"{wanted}\""));
    let fields = [("username", "jo"), ("password", PASSWORD), ("next", wanted)];
    let answer = jo.post("/login", &fields).await;
    assert_eq!(answer.leads_to(), wanted);
    jo.get("/account").await.says(200, "jo@seller.example");
    assert_eq!(jo.get("/login").await.leads_to(), "/account");
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_for_no_script() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let answer = app.visitor().log_in("jo").await;
    let (cookie, rest) = answer.header("set-cookie").split_once("; ").unwrap();
    assert!(cookie.starts_with("skep_session="), "{cookie}");
    assert_eq!(rest, "HttpOnly; SameSite=Lax; Path=/; Max-Age=604800");
    let app = TestApp::with(&[("SKEP_SERVER__URL", "https://hex.acme.dev")]).await;
    app.user_with_password("jo", Role::Owner).await;
    let answer = app.visitor().log_in("jo").await;
    let (cookie, rest) = answer.header("set-cookie").split_once("; ").unwrap();
    assert!(cookie.starts_with("__Host-skep_session="), "{cookie}");
    assert_eq!(
        rest,
        "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=604800"
    );
}

#[tokio::test]
async fn a_login_never_leads_to_another_site() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/account//evil.example",
        "/account@evil.example",
        "javascript:alert(1)",
        "/account\r\nset-cookie: a=b",
        "/logout",
    ] {
        let mut jo = app.visitor();
        let login = format!(
            "/login?next={}",
            url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>()
        );
        jo.get(&login)
            .await
            .says(200, "name=\"next\" value=\"/account\"");
        let fields = [("username", "jo"), ("password", PASSWORD), ("next", next)];
        let answer = jo.post("/login", &fields).await;
        assert_eq!(answer.leads_to(), "/account", "{next}");
        assert_eq!(jo.get(&login).await.leads_to(), "/account", "{next}");
    }
}

#[tokio::test]
async fn what_was_wrong_is_said_without_telling_who_exists() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    for name in ["jo", "nobody", ""] {
        let fields = [("username", name), ("password", "wrong")];
        let answer = app.visitor().post("/login", &fields).await;
        answer.says(422, "The username or the password is wrong.");
        assert!(answer.text().contains("role=\"alert\""));
        assert!(
            !answer.text().contains("value=\"wrong\""),
            "never a password"
        );
    }
}

#[tokio::test]
async fn too_many_guesses_are_told_when_to_come_back() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut visitor = app.visitor();
    for _ in 0..100 {
        let fields = [("username", "jo"), ("password", "wrong")];
        let answer = visitor.post("/login", &fields).await;
        if answer.status == 429 {
            answer.says(429, "Too many failed attempts");
            let seconds: u32 = answer.header("retry-after").parse().unwrap();
            assert!(seconds > 0);
            return;
        }
        assert_eq!(answer.status, 422);
    }
    panic!("nobody stopped it");
}

#[tokio::test]
async fn a_second_factor_comes_after_the_password() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let secret = app.second_factor("jo").await;
    let mut jo = app.visitor();
    assert_eq!(jo.log_in("jo").await.leads_to(), "/login/code");
    assert_eq!(
        jo.get("/account").await.leads_to(),
        "/login",
        "half is nothing"
    );
    jo.get("/login/code").await.says(200, "Six digits");
    let wrong = jo.post("/login/code", &[("code", "000000")]).await;
    wrong.says(422, "id=\"code-error\"");
    let before = jo.cookie.clone();
    let code = secret.code_at(app.node.app.clock.now());
    let fields = [("code", code.as_str()), ("next", "/account/keys")];
    let answer = jo.post("/login/code", &fields).await;
    assert_eq!(answer.leads_to(), "/account/keys");
    assert_ne!(
        jo.cookie, before,
        "what was known before is worth nothing now"
    );
    jo.get("/account").await.says(200, "10 recovery codes left");
    let mut stranger = app.visitor();
    let answer = stranger.post("/login/code", &[("code", &code)]).await;
    assert_eq!(answer.leads_to(), "/login");
}

#[tokio::test]
async fn logging_out_ends_the_session_here_and_on_the_server() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut jo = app.visitor();
    jo.log_in("jo").await;
    let cookie = jo.cookie.clone();
    jo.get("/logout").await.says(200, "Log out");
    jo.get("/account").await.says(200, "jo");
    let answer = jo.post("/logout", &[]).await;
    assert_eq!(answer.leads_to(), "/login");
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    jo.cookie = cookie;
    assert_eq!(jo.get("/account").await.leads_to(), "/login");
}

fn fields<'a>(code: &'a str, password: &'a str, repeated: &'a str) -> [(&'static str, &'a str); 3] {
    [
        ("code", code),
        ("password", password),
        ("repeated", repeated),
    ]
}

#[tokio::test]
async fn a_one_time_code_sets_a_password_once() {
    let app = TestApp::new().await;
    app.user("kim", Role::Publisher).await;
    let link = links::create(&app.node.app, "kim", &Actor::Cli)
        .await
        .unwrap();
    let code = link.code.reveal().to_uppercase();
    let mut kim = app.visitor();
    kim.get("/link").await.says(200, "One-time code");
    let answer = kim.post("/link", &fields(&code, PASSWORD, "other")).await;
    answer.says(422, "id=\"repeated-error\"");
    let answer = kim.post("/link", &fields(&code, "short", "short")).await;
    answer.says(422, "id=\"password-error\"");
    let answer = kim.post("/link", &fields("aaaa", PASSWORD, PASSWORD)).await;
    answer.says(422, "id=\"code-error\"");
    let answer = kim.post("/link", &fields(&code, PASSWORD, PASSWORD)).await;
    assert_eq!(answer.leads_to(), "/account");
    kim.get("/account").await.says(200, "publisher");
    let answer = app
        .visitor()
        .post("/link", &fields(&code, PASSWORD, PASSWORD))
        .await;
    answer.says(422, "id=\"code-error\"");
    assert_eq!(app.visitor().log_in("kim").await.leads_to(), "/account");
}
