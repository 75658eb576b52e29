use skep_formats::etf;

use super::{answer, json};
use crate::Error;
use crate::api::{ApiError, ApiErrorKind, packages, releases};

fn refused(response: http::Response<bytes::Bytes>) -> ApiError {
    match packages::get_response(response).unwrap_err() {
        Error::Api(error) => error,
        other => panic!("{other:?}"),
    }
}

fn challenge(challenge: &str) -> ApiErrorKind {
    refused(answer(401, &[("www-authenticate", challenge)], "")).kind
}

#[test]
fn challenges_are_told_apart() {
    let bearer = |error: &str| challenge(&format!("Bearer realm=\"hex\", error=\"{error}\""));
    assert_eq!(bearer("totp_required"), ApiErrorKind::OtpRequired);
    assert_eq!(bearer("invalid_totp"), ApiErrorKind::InvalidTotp);
    assert_eq!(bearer("token_expired"), ApiErrorKind::TokenExpired);
    assert_eq!(bearer("invalid_token"), ApiErrorKind::Unauthorized);
    let described = "Bearer realm=\"hex\", error=\"totp_required\", error_description=\"x\"";
    assert_eq!(challenge(described), ApiErrorKind::OtpRequired);
    assert_eq!(challenge("Basic realm=hex"), ApiErrorKind::Unauthorized);
    // Not from its beginning: no client takes that for a challenge of Hex.
    assert_eq!(
        challenge("Basic, Bearer realm=\"hex\", error=\"totp_required\""),
        ApiErrorKind::Unauthorized
    );
}

#[test]
fn validation_errors_are_kept_by_field_in_both_formats() {
    let body = serde_json::json!({
        "status": 422,
        "message": "Validation error(s)",
        "errors": {
            "inserted_at": "must include the --replace flag to update an existing release",
            "requirements": {"beta": ["is bad", "is worse"]},
        },
    });
    let erlang = [("content-type", etf::CONTENT_TYPE)];
    for response in [
        json(422, &body.to_string()),
        answer(422, &erlang, etf::encode(&body)),
    ] {
        let error = refused(response);
        assert!(error.is_not_replacing() && !error.is_too_late());
        assert_eq!(
            error.to_string(),
            "the server answered `422 Unprocessable Entity` to `the server`: it is not acceptable; `inserted_at` must \
             include the --replace flag to update an existing release; `requirements.beta` is bad, is worse \
             (Validation error(s))"
        );
    }
}

#[test]
fn a_rate_limit_says_when_it_is_over() {
    let headers = [("x-ratelimit-reset", "1800000000"), ("retry-after", "30")];
    let expected = ApiErrorKind::RateLimited {
        reset_at: Some(1_800_000_000),
        retry_after_seconds: Some(30),
    };
    assert_eq!(refused(answer(429, &headers, "slow down")).kind, expected);
    let silent = ApiErrorKind::RateLimited {
        reset_at: None,
        retry_after_seconds: None,
    };
    assert_eq!(
        refused(answer(429, &[("x-ratelimit-reset", "soon")], "")).kind,
        silent
    );
}

#[test]
fn other_refusals_have_their_words() {
    let error = refused(json(404, r#"{"status": 404, "message": "Page not found"}"#));
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ApiErrorKind::NotFound, "Page not found")
    );
    assert_eq!(refused(json(403, "{}")).kind, ApiErrorKind::Forbidden);
    let error = refused(answer(
        502,
        &[("content-type", "text/html")],
        "<html>Bad gateway",
    ));
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ApiErrorKind::Other, "")
    );
    let error = refused(answer(
        500,
        &[("content-type", "text/plain")],
        "\u{1b}[31moops",
    ));
    assert_eq!(error.message, "[31moops");
    assert_eq!(refused(answer(302, &[], "")).kind, ApiErrorKind::Other);
}

#[test]
fn good_answers_with_bad_bodies_are_errors() {
    let problem = |response| match packages::get_response(response).unwrap_err() {
        Error::Decode { source, .. } => source.to_string(),
        other => panic!("{other:?}"),
    };
    let page = answer(
        200,
        &[("content-type", "text/html")],
        "<html>Sign in to this network",
    );
    assert!(problem(page).contains("web page"));
    let page = answer(
        200,
        &[("content-type", "application/json")],
        " <!DOCTYPE html>",
    );
    assert!(problem(page).contains("web page"));
    let other = answer(200, &[("content-type", "application/octet-stream")], "{}");
    assert_eq!(
        problem(other),
        "its content type is `application/octet-stream`, not `application/json`"
    );
    assert_eq!(
        problem(json(200, r#"{"name": "al"#)),
        "it is not JSON from line 1, column 12 on"
    );
    assert_eq!(
        problem(json(200, r#"{"status": 404, "message": "no"}"#)),
        "it is an error, whatever its code says: `no`"
    );
    assert_eq!(
        problem(json(200, r#"{"status": 200, "message": "yes"}"#)),
        "it has no field `name`"
    );
    assert_eq!(
        problem(json(200, r#"{"name": ["s3cr3t"]}"#)),
        "a field is of another kind than expected"
    );
    let erlang = answer(200, &[("content-type", etf::CONTENT_TYPE)], &b"\x83t\0"[..]);
    assert_eq!(problem(erlang), "the terms end too early, at byte `3`");
    assert!(problem(json(200, &"[".repeat(100_000))).contains("not JSON"));
}

#[test]
fn a_good_answer_to_a_deletion_may_say_anything() {
    releases::delete_response(answer(200, &[("content-type", "text/html")], "<html>")).unwrap();
}
