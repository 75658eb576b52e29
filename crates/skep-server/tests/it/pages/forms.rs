//! What holds for every page and every form.

use skep_server::accounts::role::Role;

use crate::support::{PASSWORD, TestApp};

const PAGES: [&str; 9] = [
    "/login",
    "/login/code",
    "/logout",
    "/link",
    "/account",
    "/account/password",
    "/account/second-factor",
    "/account/keys",
    "/oauth/device",
];

#[tokio::test]
async fn every_page_forbids_scripts_frames_and_copies() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut jo = app.visitor();
    let login = jo.get("/login").await;
    jo.log_in("jo").await;
    let mut answers = vec![login, jo.get("/account/nothing").await];
    for path in PAGES {
        answers.push(jo.get(path).await);
    }
    answers.push(app.visitor().get("/account").await);
    // What is no page at all has no page's headers.
    answers.retain(|answer| answer.status != 404);
    assert_eq!(answers.len(), PAGES.len() + 2);
    for answer in answers {
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(
                policy.split("; ").any(|it| it == part),
                "{part} in {policy}"
            );
        }
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
    }
}

#[tokio::test]
async fn the_style_sheet_is_kept_for_ever_under_its_hash() {
    let app = TestApp::new().await;
    let page = app.get("/login").send().await;
    let (_, rest) = page.text().split_once("href=\"/assets/").unwrap();
    let name = rest.split('"').next().unwrap();
    let style = app.get(&format!("/assets/{name}")).send().await;
    style.says(200, "color-scheme");
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable"));
    app.get("/assets/skep-0.css")
        .send()
        .await
        .says(404, "nothing here");
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut jo = app.visitor();
    jo.log_in("jo").await;
    let fields = [("name", "stolen"), ("permission", "api")];
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for (name, value) in foreign {
        let ask = jo.form("/account/keys", &fields).header(name, value);
        jo.send(ask).await.says(403, "another site");
        for path in [
            "/login",
            "/logout",
            "/link",
            "/oauth/device",
            "/account/password",
        ] {
            let ask = jo.form(path, &[("password", PASSWORD)]).header(name, value);
            jo.send(ask).await.says(403, "another site");
        }
    }
    jo.get("/account").await.says(200, "New API key");
    assert!(!jo.get("/account").await.text().contains("stolen"));
    let ask = jo
        .form("/account/keys", &fields)
        .header("origin", &app.url)
        .header("sec-fetch-site", "same-origin");
    jo.send(ask).await.says(200, "not shown again");
}

#[tokio::test]
async fn behind_a_proxy_our_own_origin_is_the_one_of_the_configuration() {
    let app = TestApp::with(&[("SKEP_SERVER__URL", "https://hex.acme.dev")]).await;
    app.user_with_password("jo", Role::Owner).await;
    let mut jo = app.visitor();
    let fields = [("username", "jo"), ("password", PASSWORD)];
    let ask = jo
        .form("/login", &fields)
        .header("origin", "https://hex.acme.dev");
    assert_eq!(jo.send(ask).await.leads_to(), "/account");
    let ask = jo
        .form("/login", &fields)
        .header("origin", "https://evil.example");
    assert_eq!(jo.send(ask).await.status, 403);
}

#[tokio::test]
async fn mangled_and_huge_forms_are_refused() {
    let app = TestApp::new().await;
    let mut visitor = app.visitor();
    let huge = "x".repeat(20_000);
    let answer = visitor.post("/login", &[("username", &huge)]).await;
    answer.says(400, "cannot be read");
    let ask = app
        .ask(reqwest::Method::POST, "/login")
        .header("content-type", "application/json")
        .body("{}");
    visitor.send(ask).await.says(400, "cannot be read");
    let answer = visitor.post("/oauth/device", &[]).await;
    assert_eq!(answer.leads_to(), "/login?next=%2Foauth%2Fdevice");
}

#[tokio::test]
async fn without_the_database_pages_say_not_now() {
    let app = TestApp::new().await;
    app.user_with_password("jo", Role::Owner).await;
    let mut jo = app.visitor();
    jo.log_in("jo").await;
    app.node.app.db.close().await;
    for path in [
        "/account",
        "/account/second-factor",
        "/oauth/device",
        "/login",
    ] {
        let answer = jo.get(path).await;
        answer.says(503, "The database is away");
        assert_eq!(answer.header("retry-after"), "");
    }
    let fields = [("name", "ci"), ("permission", "api")];
    assert_eq!(jo.post("/account/keys", &fields).await.status, 503);
    jo.cookie = None;
    assert_eq!(jo.log_in("jo").await.status, 503);
    assert_eq!(jo.get("/login").await.status, 200);
}
