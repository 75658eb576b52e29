use std::sync::Arc;

use skep_client::cli_auth::{Attempt, AuthConfig, Options, Reply, Session, Step};

use super::world::{Mode, NOW, World, configured, global, issued, patiently, tokens};

#[test]
fn nothing_that_can_be_printed_shows_a_secret() {
    let world = World::new(Mode::Blocking);
    world.store(global(), tokens("tell-nobody", Some("tell-nobody"), 0));
    let config = AuthConfig {
        api_key: Some("tell-nobody".into()),
        repo_key: Some("tell-nobody".into()),
        auth_key: Some("tell-nobody".into()),
        oauth_token: Some(tokens("tell-nobody", Some("tell-nobody"), 0)),
        server: None,
    };
    let attempt = Attempt {
        credentials: Some(issued("tell-nobody", true)),
        otp: Some("tell-nobody".into()),
    };
    let mut session = Session::repo(Arc::clone(&world) as _, world.config(), Options::default());
    let step = session.start(NOW);
    let refresh = patiently(&mut session, step);
    assert!(matches!(refresh, Step::Send(_)));
    let body = r#"{"error": "no", "access_token": "tell-nobody", "expires_in": "tell-nobody"}"#;
    let json = http::Response::builder().header("content-type", "application/json");
    let reply = Reply::Otp(Some("tell-nobody".into()));
    let failed = session.resume(NOW, Reply::Response(json.body(body.into()).unwrap()));
    let printed = [
        format!("{config:?}"),
        format!("{:?}", configured("tell-nobody")),
        format!("{refresh:?} {failed:?} {session:?}"),
        format!("{reply:?} {attempt:?}"),
        format!("{:?}", world.config()),
    ];
    for printed in printed {
        assert!(!printed.contains("tell"), "{printed}");
    }
}
