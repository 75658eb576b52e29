//! The machine without callbacks, taken step by step.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use skep_client::cli_auth::{
    AuthError, LoginReason, Options, OtpReason, Permission, Reply, Session, Step,
};
use skep_client::http_client::Body;

use super::world::{Mode, NOW, World, global, issued, patiently, tokens};

fn response(status: u16, body: &'static str) -> Reply {
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/json");
    Reply::Response(response.body(Bytes::from(body)).unwrap())
}

fn challenge(error: &str) -> Reply {
    let value = format!("Bearer realm=\"hex\", error=\"{error}\"");
    let response = Response::builder()
        .status(401)
        .header("www-authenticate", value);
    Reply::Response(response.body(Bytes::new()).unwrap())
}

fn session(world: &Arc<World>) -> Session {
    let request = Request::get("https://hex.test/api/users/me").body(Body::empty());
    let session = Session::api(
        world.clone(),
        world.config(),
        Permission::Read,
        Options::default(),
    );
    session.with_request(request.unwrap())
}

fn begin(session: &mut Session) -> Step {
    let step = session.start(NOW);
    patiently(session, step)
}

#[track_caller]
fn sent(step: Step) -> Request<Body> {
    match step {
        Step::Send(request) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_goes_through_refresh_and_one_time_password() {
    let world = World::new(Mode::Blocking);
    world.store(global(), tokens("old", Some("refresh"), 0));
    let mut session = session(&world);

    let refresh = sent(begin(&mut session));
    assert_eq!(refresh.uri(), "https://hex.test/api/oauth/token");
    let answer = response(200, r#"{"access_token": "new", "expires_in": 1800}"#);

    let own = sent(session.resume(NOW, answer));
    assert_eq!(own.uri(), "https://hex.test/api/users/me");
    assert_eq!(own.headers()["authorization"], "Bearer new");
    assert!(own.headers()["authorization"].is_sensitive());

    let step = session.resume(NOW, challenge("totp_required"));
    assert!(
        matches!(step, Step::NeedOtp(OtpReason::Required)),
        "{step:?}"
    );
    let own = sent(session.resume(NOW, Reply::Otp(Some("123456".into()))));
    assert_eq!(own.headers()["x-hex-otp"], "123456");

    let step = session.resume(NOW, response(200, "me"));
    let Step::Done(Ok(finished)) = step else {
        panic!("{step:?}")
    };
    assert_eq!(finished.response.unwrap().body(), "me");
    assert_eq!(finished.credentials, Some(issued("new", true)));
}

#[test]
fn a_login_is_a_step_for_the_caller() {
    let world = World::new(Mode::Blocking);
    let mut session = session(&world);
    let step = begin(&mut session);
    assert!(
        matches!(step, Step::NeedLogin(LoginReason::NoCredentials)),
        "{step:?}"
    );
    let step = session.resume(NOW, Reply::Login(true));
    let device = sent(patiently(&mut session, step));
    assert!(device.uri().path().ends_with("/device_authorization"));
    let answer = r#"{"device_code": "d", "user_code": "ABCD2345", "interval": 5, "expires_in": 6,
        "verification_uri": "https://hex.test/d", "verification_uri_complete": "https://hex.test/d?c"}"#;
    let step = session.resume(NOW, response(200, answer));
    assert!(matches!(step, Step::ShowLogin(_)), "{step:?}");
    let step = session.resume(NOW, Reply::Proceed);
    assert!(
        matches!(step, Step::Wait(time) if time.as_secs() == 5),
        "{step:?}"
    );
    sent(session.resume(NOW + 5, Reply::Proceed));
    let step = session.resume(NOW + 5, response(400, r#"{"error": "slow_down"}"#));
    assert!(
        matches!(step, Step::Wait(time) if time.as_secs() == 10),
        "{step:?}"
    );
    sent(session.resume(NOW + 6, Reply::Proceed));
    let step = session.resume(
        NOW + 6,
        response(400, r#"{"error": "authorization_pending"}"#),
    );
    assert!(
        matches!(step, Step::Done(Err(AuthError::DeviceAuthTimeout))),
        "{step:?}"
    );
}

#[test]
fn a_login_page_that_is_none_is_not_shown() {
    for page in [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://a.test/\\u001b[2J",
        "",
    ] {
        let world = World::new(Mode::Blocking);
        let mut session = session(&world);
        begin(&mut session);
        let step = session.resume(NOW, Reply::Login(true));
        patiently(&mut session, step);
        let answer = format!(
            r#"{{"device_code": "d", "user_code": "A", "interval": 5, "expires_in": 600,
                "verification_uri_complete": "{page}"}}"#
        );
        let answer = response(200, answer.leak());
        let step = session.resume(NOW, answer);
        assert!(
            matches!(step, Step::Done(Err(AuthError::DeviceAuthFailed { .. }))),
            "{page}"
        );
    }
}

#[test]
fn an_answer_to_another_question_ends_the_session() {
    let world = World::new(Mode::Blocking);
    let mut session = session(&world);
    begin(&mut session);
    let step = session.resume(NOW, Reply::Otp(None));
    assert!(
        matches!(step, Step::Done(Err(AuthError::OutOfStep))),
        "{step:?}"
    );
    let step = session.resume(NOW, Reply::Proceed);
    assert!(
        matches!(step, Step::Done(Err(AuthError::OutOfStep))),
        "{step:?}"
    );
}
