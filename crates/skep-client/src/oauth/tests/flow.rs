use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::{DEVICE, NOW, TOKENS, config, json};
use crate::Error;
use crate::http_client::{Blocking, BlockingHttpClient, Body, SendError, run};
use crate::oauth::{
    DeviceAuthorization, DeviceFlow, DeviceLogin, OAuthError, OAuthTokens, PollStep, Polling,
    device_auth_flow, device_authorization_response, poll_response,
};

fn authorization() -> DeviceAuthorization {
    device_authorization_response(json(200, DEVICE), Some("laptop"), NOW).unwrap()
}

fn poll(polling: &mut Polling, status: u16, error: &str, now: i64) -> Result<PollStep, Error> {
    poll_response(
        polling,
        json(status, &format!(r#"{{"error": "{error}"}}"#)),
        now,
    )
}

fn again(seconds: u64) -> PollStep {
    PollStep::SleepThenPollAgain(Duration::from_secs(seconds))
}

#[test]
fn an_authorization_is_read_and_its_code_not_printed() {
    let authorization = authorization();
    assert_eq!(authorization.user_code, "ABCD1234");
    assert_eq!(authorization.expires_at, NOW + 600);
    assert_eq!(authorization.name.as_deref(), Some("laptop"));
    assert!(!format!("{authorization:?}").contains("\"dc\""));
    let fast = device_authorization_response(
        json(200, &DEVICE.replace("\"interval\": 5", "\"interval\": 0")),
        None,
        NOW,
    );
    assert_eq!(fast.unwrap().interval_seconds, 1);
}

#[test]
fn an_authorization_that_would_open_something_else_is_refused() {
    for (from, to) in [
        ("https://example.com/oauth/device?", "file:///etc/passwd?"),
        ("https://example.com/oauth/device\"", "calc.exe\""),
        ("ABCD1234\"", "\\u001b[2J\""),
        ("600", "-1"),
    ] {
        let error = device_authorization_response(json(200, &DEVICE.replace(from, to)), None, NOW)
            .unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{to}: {error:?}");
    }
}

#[test]
fn polling_waits_slower_when_told_and_ends_in_time() {
    let mut polling = Polling::new(&authorization());
    assert_eq!(polling.wait(), again(5));
    assert_eq!(
        poll(&mut polling, 400, "authorization_pending", NOW).unwrap(),
        again(5)
    );
    assert_eq!(
        poll(&mut polling, 400, "slow_down", NOW).unwrap(),
        again(10)
    );
    for _ in 0..20 {
        poll(&mut polling, 400, "slow_down", NOW).unwrap();
    }
    assert_eq!(
        poll(&mut polling, 400, "authorization_pending", NOW + 599).unwrap(),
        again(60)
    );
    let late = poll(&mut polling, 400, "authorization_pending", NOW + 600).unwrap_err();
    assert!(matches!(late, Error::OAuth(OAuthError::Expired)));
}

#[test]
fn polling_ends_with_what_the_server_says() {
    let end = |status, error| match poll(&mut Polling::new(&authorization()), status, error, NOW)
        .unwrap_err()
    {
        Error::OAuth(error) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(end(400, "expired_token"), OAuthError::Expired);
    assert_eq!(end(403, "access_denied"), OAuthError::Denied);
    assert!(matches!(
        end(401, "invalid_client"),
        OAuthError::Refused { .. }
    ));
    assert!(matches!(
        end(500, "authorization_pending"),
        OAuthError::Refused { .. }
    ));
}

/// Answers in the order of a script, and a clock that moves when somebody waits.
struct Script {
    answers: Mutex<VecDeque<Response<Bytes>>>,
    now: AtomicI64,
    shown: RefCell<Vec<String>>,
}

struct Answers<'a>(&'a Mutex<VecDeque<Response<Bytes>>>);

impl BlockingHttpClient for Answers<'_> {
    fn send(&self, _: Request<Body>) -> Result<Response<Bytes>, SendError> {
        Ok(self
            .0
            .lock()
            .unwrap()
            .pop_front()
            .expect("nobody asks once more"))
    }
}

impl DeviceLogin for Script {
    fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        let seconds = i64::try_from(time.as_secs()).unwrap();
        self.now.fetch_add(seconds, Ordering::Relaxed);
        async {}
    }

    fn show(&self, login: &DeviceAuthorization) {
        let shown = format!("{} {:?}", login.user_code, login.name);
        self.shown.borrow_mut().push(shown);
    }
}

fn login(answers: Vec<Response<Bytes>>) -> (Result<OAuthTokens, Error>, Script) {
    let script = Script {
        answers: Mutex::new(answers.into()),
        now: AtomicI64::new(NOW),
        shown: RefCell::default(),
    };
    let flow = DeviceFlow::new(&config(), "an-id", "api", Some("laptop"));
    let client = Blocking(Answers(&script.answers));
    let result = run(device_auth_flow(&client, flow, &script));
    (result, script)
}

#[test]
fn a_login_is_shown_once_and_polled_until_it_is_confirmed() {
    let pending = || json(400, r#"{"error": "authorization_pending"}"#);
    let slower = json(400, r#"{"error": "slow_down"}"#);
    let (tokens, script) = login(vec![
        json(200, DEVICE),
        pending(),
        slower,
        pending(),
        json(200, TOKENS),
    ]);
    assert_eq!(tokens.unwrap().expires_at, NOW + 5 + 5 + 10 + 10 + 1800);
    assert_eq!(*script.shown.borrow(), [r#"ABCD1234 Some("laptop")"#]);
}

#[test]
fn a_login_that_nobody_confirms_ends() {
    let mut answers = vec![json(200, DEVICE)];
    answers.extend((0..120).map(|_| json(400, r#"{"error": "authorization_pending"}"#)));
    let (tokens, script) = login(answers);
    assert!(matches!(tokens, Err(Error::OAuth(OAuthError::Expired))));
    assert_eq!(script.now(), NOW + 600);
}

#[test]
fn a_login_that_the_server_does_not_begin_ends() {
    let (tokens, script) = login(vec![json(404, r#"{"message": "Page not found"}"#)]);
    let said = tokens.unwrap_err().to_string();
    assert!(
        said.contains("404") && said.contains("Page not found"),
        "{said}"
    );
    assert!(script.shown.borrow().is_empty());
}
