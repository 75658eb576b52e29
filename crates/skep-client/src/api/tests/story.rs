//! Several calls after one another, against a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use bytes::Bytes;
use http::{Request, Response};

use super::{answer, config, json};
use crate::api::{ApiErrorKind, docs, packages, releases, users};
use crate::http_client::{BlockingHttpClient, Body, SendError};
use crate::{Config, Error};

/// Each request that is expected, with its answer.
struct Script(Mutex<VecDeque<(&'static str, Response<Bytes>)>>);

impl BlockingHttpClient for Script {
    fn send(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        let next = self.0.lock().unwrap().pop_front();
        let (expected, response) = next.expect("nothing more is asked");
        let otp = request
            .headers()
            .get("x-hex-otp")
            .map_or("", |otp| otp.to_str().unwrap());
        let path = request.uri().path_and_query().unwrap();
        assert_eq!(
            format!("{} {path} {otp}", request.method()).trim(),
            expected
        );
        Ok(response)
    }
}

fn publish(client: &Script, config: &Config) -> Result<releases::Published, Error> {
    let request = releases::publish_request(config, "alpha", "tarball", false)?;
    releases::publish_response(client.send(request)?)
}

#[test]
fn a_first_release_is_published_with_a_one_time_password() {
    let challenge = |error: &str| {
        let value = format!("Bearer realm=\"hex\", error=\"{error}\"");
        answer(401, &[("www-authenticate", &value)], "")
    };
    let script = Script(Mutex::new(VecDeque::from([
        ("GET /api/users/me", json(200, r#"{"username": "jo"}"#)),
        (
            "GET /api/packages/alpha",
            json(404, r#"{"status": 404, "message": "Page not found"}"#),
        ),
        (
            "POST /api/packages/alpha/releases?replace=false",
            challenge("totp_required"),
        ),
        (
            "POST /api/packages/alpha/releases?replace=false 000000",
            challenge("invalid_totp"),
        ),
        (
            "POST /api/packages/alpha/releases?replace=false 123456",
            json(201, r#"{"version": "1.0.0"}"#),
        ),
        (
            "POST /api/packages/alpha/releases/1.0.0/docs 123456",
            answer(201, &[("location", "https://x")], ""),
        ),
    ])));
    let mut config = config();
    let send = |request: Result<Request<Body>, Error>| script.send(request.unwrap()).unwrap();
    let kind = |result: Result<releases::Published, Error>| match result.unwrap_err() {
        Error::Api(error) => error.kind,
        other => panic!("{other:?}"),
    };

    let me = users::me_response(send(users::me_request(&config))).unwrap();
    assert_eq!(me.username, "jo");
    let before = packages::get_response(send(packages::get_request(&config, "alpha")));
    assert!(before.unwrap_err().is_not_found());
    assert_eq!(kind(publish(&script, &config)), ApiErrorKind::OtpRequired);
    config.api_otp = Some("000000".into());
    assert_eq!(kind(publish(&script, &config)), ApiErrorKind::InvalidTotp);
    config.api_otp = Some("123456".into());
    assert!(publish(&script, &config).unwrap().is_new);
    let pages = docs::publish_response(send(docs::publish_request(
        &config, "alpha", "1.0.0", "pages",
    )));
    assert_eq!(pages.unwrap().as_deref(), Some("https://x"));
    assert!(script.0.lock().unwrap().is_empty());
}
