use super::config;
use crate::api::ApiFormat;
use crate::oauth::{
    client_credentials_request, device_authorization_request, poll_request, refresh_request,
    revoke_by_hash_request, revoke_request,
};
use crate::shown_request::shown_request;
use crate::{BaseUrl, Config, Secret};

fn all(config: &Config) -> String {
    let secret = |text: &str| Secret::from(text);
    let requests = [
        device_authorization_request(config, "an-id", "api repositories", Some("laptop")),
        device_authorization_request(config, "an-id", "api", None),
        poll_request(config, "an-id", &secret("dc")),
        refresh_request(config, "an-id", &secret("rt")),
        client_credentials_request(config, "an-id", &secret("key"), "repositories", None),
        client_credentials_request(config, "an-id", &secret("key"), "api", Some("laptop")),
        revoke_request(config, "an-id", &secret("at")),
        revoke_by_hash_request(config, &secret("rt")),
    ];
    requests
        .map(|request| shown_request(&request.unwrap()))
        .join("\n")
}

#[test]
fn requests_carry_no_other_credentials() {
    insta::assert_snapshot!(all(&config()));
}

#[test]
fn keys_are_exchanged_where_the_configuration_says() {
    let mut config = config();
    config.api_format = ApiFormat::Erlang;
    config.oauth_exchange_url = Some(BaseUrl::parse("https://exchange.example.com/api/").unwrap());
    let request = client_credentials_request(&config, "an-id", &"key".into(), "repositories", None);
    insta::assert_snapshot!(shown_request(&request.unwrap()));
}

#[test]
fn secrets_of_requests_are_not_printed() {
    let request = refresh_request(&config(), "an-id", &"r3fr3sh".into()).unwrap();
    assert!(!format!("{request:?}").contains("r3fr3sh"));
}
