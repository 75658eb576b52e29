use skep_client::cli_auth::{AuthConfig, AuthError};

use super::world::{global, issued, tokens, worlds};

#[test]
fn a_login_is_refreshed_from_the_second_that_leaves_less_than_five_minutes() {
    for (seconds, expected) in [
        (301, "login"),
        (300, "login"),
        (299, "refreshed-1"),
        (0, "refreshed-1"),
    ] {
        for world in worlds() {
            world.store(global(), tokens("login", Some("refresh"), seconds));
            let found = world.resolve_api(&world.config()).unwrap();
            assert_eq!(found, Some(issued(expected, true)), "{seconds} s left");
        }
    }
}

#[test]
fn an_exchanged_key_is_exchanged_again_from_the_same_second() {
    for (seconds, expected) in [(300, "existing"), (299, "exchanged-1")] {
        for world in worlds() {
            let config = AuthConfig {
                auth_key: Some("key".into()),
                oauth_token: Some(tokens("existing", None, seconds)),
                ..AuthConfig::default()
            };
            world.configure("hexpm", config);
            let mut config = world.config();
            config.oauth_exchange = Some(true);
            let found = world.resolve_repo(&config).unwrap();
            assert_eq!(found, Some(issued(expected, false)), "{seconds} s left");
        }
    }
}

#[test]
fn times_that_no_clock_shows_do_no_harm() {
    for world in worlds() {
        for expires_at in [i64::MIN, i64::MAX] {
            let mut extreme = tokens("login", Some("refresh"), 0);
            extreme.expires_at = expires_at;
            world.store(global(), extreme);
            assert!(world.resolve_api(&world.config()).unwrap().is_some());
        }
        for expires_in in [-1, i64::MAX] {
            world.store(global(), tokens("login", Some("refresh"), 0));
            world.answer(
                200,
                serde_json::json!({"access_token": "new", "expires_in": expires_in}),
            );
            let result = world.resolve_api(&world.config());
            assert!(matches!(result, Err(AuthError::TokenRefreshFailed(_))));
        }
    }
}

#[test]
fn a_server_that_has_a_bad_minute_does_not_end_a_login() {
    for status in [0, 200, 408, 429, 500, 503] {
        for world in worlds() {
            world.store(global(), tokens("login", Some("refresh"), 0));
            world.answer(status, serde_json::json!({"error": "later"}));
            let result = world.resolve_api(&world.config());
            assert!(
                matches!(result, Err(AuthError::TokenRefreshFailed(_))),
                "{status}"
            );
            assert_eq!(world.state().cleared, 0, "{status}");
            assert!(world.resolve_api(&world.config()).is_ok(), "{status}");
        }
    }
}
