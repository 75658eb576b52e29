use skep_client::Config;
use skep_client::cli_auth::{AuthConfig, AuthError, Options, Outcome};

use super::world::{Failed, global, tokens, worlds};

fn key(config: Config) -> Result<Option<String>, Failed> {
    Ok(config.repo_key.map(|key| key.expose().to_owned()))
}

fn unless_anonymous(config: Config) -> Result<Option<String>, Failed> {
    match config.repo_key {
        None => Err(Failed::Refused(Outcome::Unauthorized)),
        Some(_) => key(config),
    }
}

#[test]
fn with_repo_optional() {
    for world in worlds() {
        let mut config = world.config();
        config.trusted = false;
        let result = world.with_repo(&config, Options::default(), key);
        assert_eq!(result.unwrap(), None);
    }
}

#[test]
fn with_repo_trusted_with_auth() {
    for world in worlds() {
        let auth_key = AuthConfig {
            auth_key: Some("key".into()),
            ..AuthConfig::default()
        };
        world.configure("hexpm", auth_key);
        let result = world.with_repo(&world.config(), Options::default(), key);
        assert_eq!(result.unwrap().unwrap(), "key");
    }
}

#[test]
fn with_repo_optional_token_refresh_failed() {
    for world in worlds() {
        world.store(global(), tokens("expired", None, -100));
        let result = world.with_repo(&world.config(), Options::default(), key);
        assert_eq!(result.unwrap(), None);
    }
}

#[test]
fn what_is_not_optional_is_not_asked_for_at_first() {
    for world in worlds() {
        let options = Options {
            optional: Some(false),
            ..Options::default()
        };
        let result = world.with_repo(&world.config(), options, key);
        assert!(matches!(
            result,
            Err(Failed::Auth(AuthError::NoCredentials))
        ));
    }
}

#[test]
fn a_repository_that_refuses_gets_the_token_of_a_login() {
    for world in worlds() {
        world.state().may_log_in = Some(true);
        let result = world.with_repo(&world.config(), Options::default(), unless_anonymous);
        assert_eq!(result.unwrap().unwrap(), "Bearer device-1");
    }
}

#[test]
fn nobody_is_asked_if_they_must_not_be() {
    for world in worlds() {
        let options = Options {
            auth_inline: Some(false),
            ..Options::default()
        };
        let result = world.with_repo(&world.config(), options, unless_anonymous);
        assert!(matches!(
            result,
            Err(Failed::Auth(AuthError::NoCredentials))
        ));
    }
}
