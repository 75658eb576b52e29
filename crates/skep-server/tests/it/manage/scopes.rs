use reqwest::Method;
use serde_json::json;
use skep_server::accounts::role::Role;

use crate::support::TestApp;

#[tokio::test]
async fn a_key_may_what_its_scopes_say() {
    let app = TestApp::new().await;
    app.user("ada", Role::Owner).await;
    let new = json!({"email": "jo@example.com", "name": "Jo"});
    let check = async |permissions: &str, read, write, usage| {
        let key = app.api_key("ada", permissions).await;
        let got = async |method, path: &str| {
            let ask = app.ask(method, path).key(&key).json(&new);
            ask.send().await.status
        };
        let read_status = got(Method::GET, "/api/manage/customers").await;
        let write_status = got(Method::POST, "/api/manage/customers").await;
        let usage_status = got(Method::GET, "/api/manage/usage").await;
        assert_eq!(
            (read_status, write_status, usage_status),
            (read, write, usage),
            "{permissions}"
        );
    };
    check("licenses:read", 200, 403, 403).await;
    check("licenses:write", 200, 201, 403).await;
    check("usage:read", 403, 403, 200).await;
    check("api", 403, 403, 403).await;
    check("repositories", 403, 403, 403).await;
}

#[tokio::test]
async fn a_user_may_what_the_role_says() {
    let app = TestApp::new().await;
    let new = json!({"email": "jo@example.com", "name": "Jo"});
    for (role, read, write) in [(Role::Publisher, 403, 403), (Role::Viewer, 200, 403)] {
        let name = role.to_string();
        app.user(&name, role).await;
        let key = app.api_key(&name, "licenses:write").await;
        let got = app.get("/api/manage/licenses").key(&key).send().await;
        assert_eq!(got.status, read, "{name}");
        let ask = app.ask(Method::POST, "/api/manage/customers").key(&key);
        assert_eq!(ask.json(&new).send().await.status, write, "{name}");
    }
}

#[tokio::test]
async fn without_a_key_there_is_nothing() {
    let app = TestApp::new().await;
    for path in ["/customers", "/licenses/x", "/usage"] {
        let path = format!("/api/manage{path}");
        let answer = app.get(&path).send().await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), "Basic realm=hex");
        assert_eq!(answer.json()["status"], 401);
        let wrong = app.get(&path).key("ska_nothing").send().await;
        assert_eq!(wrong.status, 401, "{path}");
    }
    let post = app.ask(Method::POST, "/api/manage/customers");
    assert_eq!(post.body("{").send().await.status, 401);
}

#[tokio::test]
async fn wrong_addresses_and_methods() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/api/manage/nothing").send().await.status, 404);
    let put = app.ask(Method::PUT, "/api/manage/customers").send().await;
    assert_eq!(put.status, 405);
    assert_eq!(put.header("allow"), "GET,HEAD,POST");
    let html = app.get("/api/manage/usage").header("accept", "text/html");
    assert_eq!(html.send().await.status, 406);
}
