use super::{NOW, TOKENS, json};
use crate::Error;
use crate::oauth::{OAuthError, client_credentials_response, refresh_response, revoke_response};

#[test]
fn tokens_are_read_and_not_printed() {
    let tokens = refresh_response(json(200, TOKENS), NOW).unwrap();
    assert_eq!(tokens.access_token.expose(), "at");
    assert_eq!(tokens.refresh_token.as_ref().unwrap().expose(), "rt");
    assert_eq!(tokens.expires_at, NOW + 1800);
    assert_eq!(tokens.bearer().expose(), "Bearer at");
    let printed = format!("{tokens:?}");
    assert!(
        !printed.contains("\"at\"") && !printed.contains("\"rt\""),
        "{printed}"
    );
    let exchanged =
        client_credentials_response(json(200, r#"{"access_token": "at", "expires_in": 1}"#), NOW)
            .unwrap();
    assert_eq!(exchanged.refresh_token, None);
}

#[test]
fn tokens_that_cannot_be_are_refused() {
    let problem = |body: &str| match refresh_response(json(200, body), NOW).unwrap_err() {
        Error::Decode { source, .. } => source.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        problem(r#"{"error": "invalid_grant"}"#),
        "it has no field `access_token`"
    );
    let injected = r#"{"access_token": "a\r\nx: y", "expires_in": 1}"#;
    assert_eq!(problem(injected), "its `access_token` is not a token");
    let far = format!(r#"{{"access_token": "a", "expires_in": {}}}"#, i64::MAX);
    assert_eq!(problem(&far), "its `expires_in` is out of range");
    let mac = r#"{"access_token": "a", "token_type": "mac", "expires_in": 1}"#;
    assert_eq!(problem(mac), "its `token_type` is not `bearer`");
}

#[test]
fn refusals_are_told_apart() {
    let error = |status, body: &str| match refresh_response(json(status, body), NOW).unwrap_err() {
        Error::OAuth(error) => error,
        other => panic!("{other:?}"),
    };
    let grant = error(
        400,
        r#"{"error": "invalid_grant", "error_description": "Refresh token used"}"#,
    );
    assert!(matches!(grant, OAuthError::InvalidGrant { .. }));
    assert!(
        grant.to_string().ends_with("(Refresh token used)"),
        "{grant}"
    );
    let client = error(401, r#"{"error": "invalid_client"}"#);
    assert_eq!(
        client.to_string(),
        "the server answered `401 Unauthorized` to `the server`: `invalid_client`"
    );
    assert_eq!(client.status().unwrap(), 401);
    let error = Error::from(client);
    assert!(error.is_unauthorized());
}

#[test]
fn revoking_tells_only_that_it_was_asked() {
    let empty = http::Response::builder().body(bytes::Bytes::new()).unwrap();
    revoke_response(empty).unwrap();
    assert!(revoke_response(json(500, "{}")).is_err());
}
