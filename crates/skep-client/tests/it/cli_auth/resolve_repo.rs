use serde_json::json;
use skep_client::cli_auth::{AuthConfig, AuthError};

use super::world::{configured, global, issued, repository, tokens, worlds};

fn auth_key(key: &str) -> AuthConfig {
    AuthConfig {
        auth_key: Some(key.into()),
        ..AuthConfig::default()
    }
}

#[test]
fn resolve_repo_auth_config_passthrough() {
    for world in worlds() {
        let mut config = world.config();
        config.repo_key = Some("of the config".into());
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(configured("of the config")));
    }
}

#[test]
fn resolve_repo_auth_callback_repo_key() {
    for world in worlds() {
        let repo_key = AuthConfig {
            repo_key: Some("of the repository".into()),
            ..auth_key("not this one")
        };
        world.configure("hexpm", repo_key);
        let mut config = world.config();
        for trusted in [true, false] {
            config.trusted = trusted;
            let found = world.resolve_repo(&config).unwrap();
            assert_eq!(found, Some(configured("of the repository")));
        }
    }
}

#[test]
fn resolve_repo_auth_trusted_auth_key() {
    for world in worlds() {
        world.configure("hexpm", auth_key("key"));
        let found = world.resolve_repo(&world.config()).unwrap();
        assert_eq!(found, Some(configured("key")));
        assert!(world.state().requests.is_empty());
    }
}

#[test]
fn resolve_repo_auth_untrusted_ignores_auth_key() {
    for world in worlds() {
        world.configure("hexpm", auth_key("key"));
        world.store(global(), tokens("login", None, 3600));
        let mut config = world.config();
        config.trusted = false;
        assert_eq!(world.resolve_repo(&config).unwrap(), None);
    }
}

#[test]
fn resolve_repo_auth_oauth_fallback() {
    for world in worlds() {
        world.store(global(), tokens("login", None, 3600));
        let found = world.resolve_repo(&world.config()).unwrap();
        assert_eq!(found, Some(issued("login", false)));
    }
}

#[test]
fn resolve_repo_auth_no_auth() {
    for world in worlds() {
        let mut config = world.config();
        for trusted in [true, false] {
            config.trusted = trusted;
            assert_eq!(world.resolve_repo(&config).unwrap(), None);
        }
    }
}

#[test]
fn resolve_repo_auth_oauth_exchange_new_token() {
    for world in worlds() {
        world.configure("hexpm", auth_key("key"));
        let mut config = world.config();
        config.oauth_exchange = Some(true);
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(issued("exchanged-1", false)));
        let again = world.resolve_repo(&config).unwrap();
        assert_eq!(again, Some(issued("exchanged-1", false)), "it is stored");
        let state = world.state();
        let stored = tokens("exchanged-1", None, 1800);
        assert_eq!(state.persisted, [(repository("hexpm"), stored)]);
        let expected = json!({
            "grant_type": "client_credentials", "client_id": "test-client",
            "client_secret": "key", "scope": "repositories",
        });
        assert_eq!(state.requests[0].1, expected);
    }
}

#[test]
fn resolve_repo_auth_oauth_exchange_existing_valid() {
    for world in worlds() {
        let existing = AuthConfig {
            oauth_token: Some(tokens("existing", None, 3600)),
            ..auth_key("key")
        };
        world.configure("hexpm", existing);
        let mut config = world.config();
        config.oauth_exchange = Some(true);
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(issued("existing", false)));
        assert!(world.state().requests.is_empty());
    }
}

#[test]
fn resolve_repo_auth_oauth_exchange_existing_expired() {
    for world in worlds() {
        let expired = AuthConfig {
            oauth_token: Some(tokens("expired", None, -100)),
            ..auth_key("key")
        };
        world.configure("hexpm", expired);
        let mut config = world.config();
        config.oauth_exchange = Some(true);
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(issued("exchanged-1", false)));
        assert_eq!(world.state().persisted[0].0, repository("hexpm"));
    }
}

#[test]
fn resolve_repo_auth_parent_repo_auth_key() {
    for world in worlds() {
        world.configure("hexpm", auth_key("of the parent"));
        let mut config = world.config();
        config.repo_name = "hexpm:acme".to_owned();
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(configured("of the parent")));
        config.repo_name = "hexpm:acme:team".to_owned();
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(configured("of the parent")));
    }
}

#[test]
fn the_key_of_a_parent_is_exchanged_once_for_each_repository_below() {
    for world in worlds() {
        world.configure("hexpm", auth_key("of the parent"));
        let mut config = world.config();
        config.oauth_exchange = Some(true);
        config.repo_name = "hexpm:acme".to_owned();
        for _ in 0..2 {
            let found = world.resolve_repo(&config).unwrap();
            assert_eq!(found, Some(issued("exchanged-1", false)));
        }
        assert_eq!(world.state().persisted[0].0, repository("hexpm:acme"));
    }
}

#[test]
fn an_exchange_that_fails_says_so_in_the_servers_words() {
    for world in worlds() {
        world.configure("hexpm", auth_key("key"));
        world.answer(
            401,
            json!({"error": "invalid_client", "error_description": "this key was revoked"}),
        );
        let mut config = world.config();
        config.oauth_exchange = Some(true);
        let error = world.resolve_repo(&config).unwrap_err();
        let AuthError::OAuthExchangeFailed(cause) = error else {
            panic!("{error:?}")
        };
        let expected = "the server answered `401 Unauthorized` to `https://hex.test/api/oauth/token`: \
                        `invalid_client` (this key was revoked)";
        assert_eq!(cause.to_string(), expected);
    }
}
