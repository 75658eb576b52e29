use http::Request;

use super::config;
use crate::api::keys::Permission;
use crate::api::members::Role;
use crate::api::owners::OwnerLevel;
use crate::api::packages::{Search, Sort};
use crate::api::releases::RetirementReason;
use crate::api::{
    ApiFormat, auth, docs, keys, members, organizations, owners, packages, releases, short_urls,
    users,
};
use crate::error::BuildError;
use crate::http_client::Body;
use crate::shown_request::shown_request;
use crate::{Config, Error, Secret};

type Requests = Vec<Result<Request<Body>, Error>>;

fn shown(requests: Requests) -> String {
    let requests = requests
        .into_iter()
        .map(|request| shown_request(&request.unwrap()));
    requests.collect::<Vec<_>>().join("\n")
}

fn about_packages(config: &Config) -> Requests {
    let mut sorted = Search::new("name:ecto* depends:plug").next_page();
    sorted.sort = Some(Sort::RecentDownloads);
    vec![
        packages::get_request(config, "alpha"),
        packages::search_request(config, &Search::new("alpha")),
        packages::search_request(config, &sorted),
        releases::get_request(config, "alpha", "1.0.0-rc.1"),
        releases::publish_request(config, "alpha", "tarball", false),
        releases::publish_by_metadata_request(config, "tarball", true),
        releases::delete_request(config, "alpha", "1.0.0"),
        releases::retire_request(
            config,
            "alpha",
            "1.0.0",
            RetirementReason::Security,
            Some("use 1.0.1"),
        ),
        releases::retire_request(config, "alpha", "1.0.0", RetirementReason::Other, None),
        releases::unretire_request(config, "alpha", "1.0.0"),
        docs::publish_request(config, "alpha", "1.0.0", "pages"),
        docs::delete_request(config, "alpha", "1.0.0"),
        owners::list_request(config, "alpha"),
        owners::get_request(config, "alpha", "jo@example.com"),
        owners::add_request(config, "alpha", "jo@example.com", OwnerLevel::Full, true),
        owners::add_request(config, "alpha", "jo", OwnerLevel::Maintainer, false),
        owners::remove_request(config, "alpha", "jo"),
    ]
}

fn about_keys(config: &Config) -> Requests {
    let permissions = [
        Permission::new("api", Some("write")),
        Permission::new("repositories", None),
    ];
    vec![
        keys::list_request(config),
        keys::get_request(config, "laptop"),
        keys::add_request(config, "laptop", &permissions),
        keys::add_with_password_request(
            config,
            "jo",
            &Secret::from("hunter2"),
            "laptop",
            &permissions,
        ),
        keys::delete_request(config, "laptop"),
        keys::delete_all_request(config),
    ]
}

fn about_organizations(config: &Config) -> Requests {
    vec![
        organizations::list_request(config),
        organizations::get_request(config),
        organizations::update_request(config, 12),
        members::list_request(config),
        members::get_request(config, "jo"),
        members::add_request(config, "jo", Role::Read),
        members::update_request(config, "jo", Role::Admin),
        members::remove_request(config, "jo"),
    ]
}

fn about_users(config: &Config) -> Requests {
    vec![
        users::me_request(config),
        users::get_request(config, "jo"),
        users::create_request(config, "jo", "jo@example.com", &Secret::from("hunter2")),
        users::reset_request(config, "jo@example.com"),
        auth::test_request(config, "repository", "acme"),
        short_urls::create_request(config, "https://example.com/diff/alpha?from=1"),
    ]
}

#[test]
fn requests_about_packages() {
    insta::assert_snapshot!(shown(about_packages(&config())));
}

#[test]
fn requests_about_packages_of_an_organization_in_erlang_terms() {
    let mut config = config();
    config.api_repository = Some("acme".to_owned());
    config.api_format = ApiFormat::Erlang;
    config.api_otp = Some("123456".into());
    config.send_100_continue = false;
    insta::assert_snapshot!(shown(about_packages(&config)));
}

#[test]
fn requests_about_keys() {
    let mut config = config();
    let own = shown(about_keys(&config));
    config.api_organization = Some("acme".to_owned());
    insta::assert_snapshot!(format!("{own}\n{}", shown(about_keys(&config))));
}

#[test]
fn requests_about_organizations() {
    let mut config = config();
    config.api_organization = Some("acme".to_owned());
    insta::assert_snapshot!(shown(about_organizations(&config)));
}

#[test]
fn requests_about_users() {
    insta::assert_snapshot!(shown(about_users(&config())));
}

#[test]
fn names_stay_in_their_place() {
    let uri = |name: &str| {
        packages::get_request(&config(), name)
            .unwrap()
            .uri()
            .to_string()
    };
    assert_eq!(
        uri("a/b?c#d"),
        "https://example.com/api/packages/a%2Fb%3Fc%23d"
    );
    assert_eq!(uri("ü %"), "https://example.com/api/packages/%C3%BC%20%25");
    for name in ["", ".", ".."] {
        let error = packages::get_request(&config(), name).unwrap_err();
        assert!(
            matches!(error, Error::Build(BuildError::Segment { .. })),
            "{error:?}"
        );
    }
}

#[test]
fn an_organization_must_be_named() {
    let error = members::list_request(&config()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`api_organization` must be set for this request"
    );
}

#[test]
fn secrets_of_requests_are_not_printed() {
    let request =
        keys::add_with_password_request(&config(), "jo", &"hunter2".into(), "laptop", &[]).unwrap();
    let printed = format!("{request:?}");
    assert!(
        !printed.contains("hunter2") && !printed.contains("am86aHVudGVyMg"),
        "{printed}"
    );
    assert!(!printed.contains("the-key"), "{printed}");
}
