use std::sync::Arc;

use serde_json::json;
use skep_client::Config;
use skep_client::cli_auth::{AuthError, LoginReason, Options, Outcome};

use super::world::{Failed, World, global, tokens, worlds};

/// Takes any token but the one called `initial`.
fn unless_initial(config: Config) -> Result<String, Failed> {
    match config.api_key.unwrap().expose() {
        "Bearer initial" => Err(Failed::Refused(Outcome::TokenExpired)),
        key => Ok(key.to_owned()),
    }
}

fn key(config: Config) -> Result<Option<String>, Failed> {
    Ok(config.api_key.map(|key| key.expose().to_owned()))
}

fn not_inline() -> Options {
    Options {
        auth_inline: Some(false),
        ..Options::default()
    }
}

fn optional() -> Options {
    Options {
        optional: Some(true),
        ..Options::default()
    }
}

#[test]
fn with_api_token_expired_reauth_yes() {
    for world in worlds() {
        world.store(global(), tokens("initial", None, 3600));
        world.state().may_log_in = Some(true);
        let result = world.with_api(&world.config(), Options::default(), unless_initial);
        assert_eq!(result.unwrap(), "Bearer device-1");
        let state = world.state();
        assert_eq!(state.login_reasons, [LoginReason::TokenRefreshFailed]);
        let stored = tokens("device-1", Some("device-refresh-1"), 3600);
        assert_eq!(state.persisted, [(global(), stored)]);
    }
}

#[test]
fn with_api_token_expired_reauth_no() {
    for world in worlds() {
        world.store(global(), tokens("initial", None, 3600));
        world.state().may_log_in = Some(false);
        let result = world.with_api(&world.config(), Options::default(), unless_initial);
        assert!(matches!(result, Err(Failed::Auth(AuthError::AuthDeclined))));
        assert_eq!(
            world.state().login_reasons,
            [LoginReason::TokenRefreshFailed]
        );
    }
}

#[test]
fn with_api_token_expired_reauth_inline_false() {
    for world in worlds() {
        world.store(global(), tokens("initial", None, 3600));
        let result = world.with_api(&world.config(), not_inline(), unless_initial);
        assert!(matches!(
            result,
            Err(Failed::Auth(AuthError::TokenRefreshFailed(_)))
        ));
    }
}

#[test]
fn with_api_optional() {
    for world in worlds() {
        let result = world.with_api(&world.config(), optional(), key);
        assert_eq!(result.unwrap(), None);
    }
}

#[test]
fn with_api_optional_token_refresh_failed() {
    for world in worlds() {
        world.store(global(), tokens("expired", None, -100));
        let result = world.with_api(&world.config(), optional(), key);
        assert_eq!(result.unwrap(), None);
        let result = world.with_api(&world.config(), not_inline(), key);
        assert!(
            matches!(result, Err(Failed::Auth(AuthError::NoCredentials))),
            "they are cleared"
        );
    }
}

#[test]
fn what_was_optional_is_asked_for_when_the_server_wants_it() {
    for world in worlds() {
        world.state().may_log_in = Some(true);
        let result = world.with_api(&world.config(), optional(), |config| match config.api_key {
            None => Err(Failed::Refused(Outcome::Unauthorized)),
            Some(key) => Ok(key.expose().to_owned()),
        });
        assert_eq!(result.unwrap(), "Bearer device-1");
        assert_eq!(world.state().login_reasons, [LoginReason::NoCredentials]);
    }
}

#[test]
fn with_api_auth_inline() {
    for world in worlds() {
        let result = world.with_api(&world.config(), not_inline(), |_| -> Result<(), _> {
            panic!("it must not be run without credentials");
        });
        assert!(matches!(
            result,
            Err(Failed::Auth(AuthError::NoCredentials))
        ));
    }
}

#[test]
fn with_api_device_auth() {
    for world in worlds() {
        world.state().may_log_in = Some(true);
        let options = Options {
            open_browser: false,
            ..Options::default()
        };
        let result = world.with_api(&world.config(), options, key);
        assert_eq!(result.unwrap().unwrap(), "Bearer device-1");
        let state = world.state();
        let stored = tokens("device-1", Some("device-refresh-1"), 3600);
        assert_eq!(state.persisted, [(global(), stored)]);
        let (shown, open_browser) = &state.shown[0];
        assert_eq!(shown.user_code, "ABCD2345");
        assert!(!open_browser);
        let device =
            json!({"client_id": "test-client", "scope": "api repositories", "name": "my-machine"});
        assert_eq!(
            state.requests[0],
            (
                "https://hex.test/api/oauth/device_authorization".to_owned(),
                device
            )
        );
        let poll = json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": "device-code", "client_id": "test-client",
        });
        assert_eq!(state.requests[1].1, poll);
    }
}

fn login_fails(world: &Arc<World>, status: u16, code: &str) -> AuthError {
    world.state().may_log_in = Some(true);
    world.answer(status, json!({ "error": code }));
    match world.with_api(&world.config(), Options::default(), key) {
        Err(Failed::Auth(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_login_that_nobody_confirms_is_an_error() {
    for world in worlds() {
        let error = login_fails(&world, 400, "expired_token");
        assert!(matches!(error, AuthError::DeviceAuthTimeout));
        let error = login_fails(&world, 403, "access_denied");
        assert!(matches!(error, AuthError::DeviceAuthDenied));
        let error = login_fails(&world, 500, "server_error");
        let AuthError::DeviceAuthFailed(cause) = error else {
            panic!("{error:?}")
        };
        assert!(cause.to_string().contains("`server_error`"), "{cause}");
        assert!(world.state().persisted.is_empty());
    }
}
