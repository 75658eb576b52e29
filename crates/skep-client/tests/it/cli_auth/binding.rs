//! Tokens stay with the server that issued them.

use skep_client::cli_auth::{AuthConfig, Options, Outcome, TokenScope};
use skep_client::{BaseUrl, Config};

use super::world::{API, Failed, configured, global, issued, server, tokens, worlds};

fn at(config: &Config, repo_url: &str, api_url: &str) -> Config {
    Config {
        repo_url: BaseUrl::parse(repo_url).unwrap(),
        api_url: BaseUrl::parse(api_url).unwrap(),
        ..config.clone()
    }
}

#[test]
fn a_repository_of_somebody_else_gets_no_login() {
    for world in worlds() {
        world.store(global(), tokens("login", Some("refresh"), 3600));
        let others = [
            "https://other.test/repo",
            "http://hex.test/repo",
            "https://hex.test:8443/repo",
            "https://repo.hex.test",
            "https://hex.test.evil.test",
        ];
        for repo_url in others {
            let config = at(&world.config(), repo_url, API);
            assert_eq!(world.resolve_repo(&config).unwrap(), None, "{repo_url}");
        }
    }
}

#[test]
fn hex_pm_has_its_repository_elsewhere() {
    for world in worlds() {
        let hexpm = server("https://hex.pm/api");
        let mut login = tokens("login", None, 3600);
        login.issuer = hexpm.clone();
        world.store(TokenScope::Global(hexpm), login);
        let config = at(&world.config(), "https://repo.hex.pm", "https://hex.pm/api");
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(issued("login", false)));
        let mirror = at(&config, "https://mirror.test", "https://hex.pm/api");
        assert_eq!(world.resolve_repo(&mirror).unwrap(), None);
    }
}

#[test]
fn a_repository_may_say_which_server_it_belongs_to() {
    for world in worlds() {
        world.store(global(), tokens("login", None, 3600));
        let config = at(&world.config(), "https://cdn.test", API);
        let of = |api: &str| AuthConfig {
            server: Some(server(api)),
            ..AuthConfig::default()
        };
        world.configure("hexpm", of(API));
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(issued("login", false)));
        world.configure("hexpm", of("https://other.test/api"));
        assert_eq!(world.resolve_repo(&world.config()).unwrap(), None);
    }
}

#[test]
fn tokens_of_another_issuer_are_neither_sent_nor_refreshed_nor_cleared() {
    for world in worlds() {
        for seconds in [3600, -100] {
            let mut foreign = tokens("foreign", Some("refresh"), seconds);
            foreign.issuer = server("https://other.test/api");
            world.store(global(), foreign.clone());
            assert_eq!(world.resolve_api(&world.config()).unwrap(), None);
            assert_eq!(world.resolve_repo(&world.config()).unwrap(), None);
            let state = world.state();
            assert!(state.requests.is_empty());
            assert_eq!(state.tokens[&global()], foreign);
        }
    }
}

#[test]
fn a_login_at_one_api_is_not_one_at_another() {
    for world in worlds() {
        world.store(global(), tokens("login", None, 3600));
        for api in [
            "https://other.test/api",
            "https://hex.test/other",
            "http://hex.test/api",
        ] {
            let config = at(&world.config(), "https://hex.test/repo", api);
            assert_eq!(world.resolve_api(&config).unwrap(), None, "{api}");
        }
    }
}

#[test]
fn nobody_is_asked_to_log_in_for_a_repository_that_would_not_get_the_token() {
    for world in worlds() {
        let foreign = at(&world.config(), "https://other.test", API);
        let mut untrusted = world.config();
        untrusted.trusted = false;
        for config in [foreign, untrusted] {
            let result = world.with_repo(&config, Options::default(), |_| {
                Err::<(), _>(Failed::Refused(Outcome::Unauthorized))
            });
            assert!(matches!(
                result,
                Err(Failed::Refused(Outcome::Unauthorized))
            ));
        }
    }
}

#[test]
fn a_key_is_not_exchanged_at_somebody_elses_api() {
    for world in worlds() {
        let key = AuthConfig {
            auth_key: Some("key".into()),
            oauth_token: Some(tokens("of the first server", None, 3600)),
            ..AuthConfig::default()
        };
        world.configure("acme", key);
        let mut config = at(&world.config(), "https://acme.test", API);
        config.repo_name = "acme".to_owned();
        config.oauth_exchange = Some(true);
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(found, Some(configured("key")));
        assert!(world.state().requests.is_empty());

        config.oauth_exchange_url = Some(BaseUrl::parse("https://acme.test/api").unwrap());
        let found = world.resolve_repo(&config).unwrap();
        assert_eq!(
            found,
            Some(issued("exchanged-1", false)),
            "the first server's token is not for it"
        );
        let state = world.state();
        assert_eq!(state.requests[0].0, "https://acme.test/api/oauth/token");
        assert_eq!(state.persisted[0].1.issuer, server("https://acme.test/api"));
    }
}
