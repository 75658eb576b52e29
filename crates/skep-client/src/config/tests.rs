use super::*;

fn config() -> Config {
    Config::new("https://example.com/repo/", "https://example.com/api/").unwrap()
}

#[test]
fn hexpm_is_the_default() {
    let config = Config::default();
    assert_eq!(config.repo_url.as_str(), "https://repo.hex.pm");
    assert_eq!(config.api_url.as_str(), "https://hex.pm/api");
    assert_eq!(config.expected_repository(), "hexpm");
    assert!(config.repo_public_key.is_some());
    assert!(config.trusted && config.repo_verify && config.repo_verify_origin);
}

#[test]
fn keys_are_exchanged_for_hexpm_alone_unless_told() {
    assert!(Config::hexpm().exchanges_keys());
    let mut other = config();
    assert!(!other.exchanges_keys());
    other.oauth_exchange = Some(true);
    assert!(other.exchanges_keys());
    let mut hexpm = Config::hexpm();
    hexpm.oauth_exchange = Some(false);
    assert!(!hexpm.exchanges_keys());
    let lookalike = Config::new("https://repo.hex.pm.example", "https://hex.pm/api").unwrap();
    assert!(!lookalike.exchanges_keys());
}

#[test]
fn credentials_stay_on_their_side() {
    let mut config = config();
    config.api_key = Some("the-api-key".into());
    config.api_otp = Some("123456".into());
    config.repo_key = Some("the-repo-key".into());
    let api = config.api_request(Method::GET, &["users", "me"]).unwrap();
    assert_eq!(api.uri(), "https://example.com/api/users/me");
    assert_eq!(api.headers()[AUTHORIZATION], "the-api-key");
    assert_eq!(api.headers()[X_HEX_OTP], "123456");
    let repo = config.repo_request(&["names"]).unwrap();
    assert_eq!(repo.uri(), "https://example.com/repo/names");
    assert_eq!(repo.headers()[AUTHORIZATION], "the-repo-key");
    assert!(!repo.headers().contains_key(X_HEX_OTP));
    let shown = format!("{config:?} {api:?} {repo:?}");
    for secret in ["the-api-key", "123456", "the-repo-key"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn an_organization_is_below_the_repository() {
    let mut config = config();
    config.repo_organization = Some("a/b".to_owned());
    assert_eq!(config.expected_repository(), "a/b");
    let request = config.repo_request(&["names"]).unwrap();
    assert_eq!(request.uri().path(), "/repo/repos/a%2Fb/names");
    config.repo_organization = Some("..".to_owned());
    assert!(matches!(
        config.repo_request(&["names"]),
        Err(Error::Build(BuildError::Segment { .. }))
    ));
}

#[test]
fn the_user_agent_has_the_fragment() {
    let mut config = config();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(config.user_agent(), format!("skep-client/{version}"));
    config.user_agent_fragment = "my_tool/1.2.0".to_owned();
    assert_eq!(
        config.user_agent(),
        format!("skep-client/{version} my_tool/1.2.0")
    );
    config.user_agent_fragment = "a\r\nb: c".to_owned();
    let error = config.repo_request(&["names"]).unwrap_err();
    assert!(matches!(
        error,
        Error::Build(BuildError::Header {
            name: "user-agent",
            ..
        })
    ));
}
