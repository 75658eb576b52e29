use skep_client::cli_auth::AuthConfig;

use super::world::{configured, global, issued, tokens, worlds};

fn api_key(key: &str) -> AuthConfig {
    AuthConfig {
        api_key: Some(key.into()),
        ..AuthConfig::default()
    }
}

#[test]
fn resolve_api_auth_config_passthrough() {
    for world in worlds() {
        world.configure("hexpm", api_key("of the repository"));
        let mut config = world.config();
        config.api_key = Some("of the config".into());
        let found = world.resolve_api(&config).unwrap();
        assert_eq!(found, Some(configured("of the config")));
    }
}

#[test]
fn resolve_api_auth_per_repo() {
    for world in worlds() {
        world.configure("hexpm", api_key("of the repository"));
        world.store(global(), tokens("login", None, 3600));
        let found = world.resolve_api(&world.config()).unwrap();
        assert_eq!(found, Some(configured("of the repository")));
    }
}

#[test]
fn resolve_api_auth_parent_repo() {
    for world in worlds() {
        world.configure("hexpm", api_key("of the parent"));
        let mut config = world.config();
        config.repo_name = "hexpm:acme".to_owned();
        let found = world.resolve_api(&config).unwrap();
        assert_eq!(found, Some(configured("of the parent")));
    }
}

#[test]
fn an_organization_of_the_config_is_a_repository_below() {
    for world in worlds() {
        world.configure("hexpm", api_key("of the parent"));
        world.configure("hexpm:acme", api_key("of the organization"));
        let mut config = world.config();
        config.repo_organization = Some("acme".to_owned());
        let found = world.resolve_api(&config).unwrap();
        assert_eq!(found, Some(configured("of the organization")));
    }
}

#[test]
fn a_third_level_asks_the_second_and_then_the_first() {
    for world in worlds() {
        let mut config = world.config();
        config.repo_name = "hexpm:acme:team".to_owned();
        world.configure("hexpm", api_key("first"));
        let found = world.resolve_api(&config).unwrap();
        assert_eq!(found, Some(configured("first")));
        world.configure("hexpm:acme", api_key("second"));
        let found = world.resolve_api(&config).unwrap();
        assert_eq!(found, Some(configured("second")));
    }
}

#[test]
fn resolve_api_auth_oauth() {
    for world in worlds() {
        world.store(global(), tokens("login", Some("refresh"), 3600));
        let found = world.resolve_api(&world.config()).unwrap();
        assert_eq!(found, Some(issued("login", true)));
        assert!(world.state().requests.is_empty());
    }
}

#[test]
fn resolve_api_auth_oauth_expired_refresh() {
    for world in worlds() {
        world.store(global(), tokens("old", Some("refresh"), -100));
        let found = world.resolve_api(&world.config()).unwrap();
        assert_eq!(found, Some(issued("refreshed-1", true)));
        let state = world.state();
        let mut stored = tokens("refreshed-1", Some("next-1"), 1800);
        assert_eq!(state.persisted, [(global(), stored.clone())]);
        stored.issuer = super::world::server("https://HEX.test:443/api/");
        assert_eq!(
            state.persisted[0].1, stored,
            "one server, however it is written"
        );
        let (url, body) = &state.requests[0];
        assert_eq!(url, "https://hex.test/api/oauth/token");
        let expected = serde_json::json!({
            "grant_type": "refresh_token", "refresh_token": "refresh", "client_id": "test-client",
        });
        assert_eq!(*body, expected);
    }
}

#[test]
fn a_server_that_keeps_the_refresh_token_need_not_repeat_it() {
    for world in worlds() {
        world.store(global(), tokens("old", Some("refresh"), -100));
        world.answer(
            200,
            serde_json::json!({"access_token": "new", "expires_in": 1800}),
        );
        let found = world.resolve_api(&world.config()).unwrap();
        assert_eq!(found, Some(issued("new", true)));
        assert_eq!(
            world.state().tokens[&global()],
            tokens("new", Some("refresh"), 1800)
        );
    }
}

#[test]
fn resolve_api_auth_oauth_no_refresh_token() {
    for world in worlds() {
        world.store(global(), tokens("login", None, 3600));
        let found = world.resolve_api(&world.config()).unwrap();
        assert_eq!(found, Some(issued("login", false)));
    }
}

#[test]
fn resolve_api_auth_no_auth() {
    for world in worlds() {
        assert_eq!(world.resolve_api(&world.config()).unwrap(), None);
    }
}
