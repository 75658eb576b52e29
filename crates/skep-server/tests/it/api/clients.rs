//! Our own client, every call, in both formats.

use skep_client::api::keys::Permission;
use skep_client::api::members::{self, Role as MemberRole};
use skep_client::api::owners::OwnerLevel;
use skep_client::api::packages::{Search, Sort};
use skep_client::api::releases::RetirementReason;
use skep_client::api::{
    ApiFormat, auth, docs, keys, organizations, owners, packages, releases, short_urls, users,
};
use skep_client::{Config, Error};
use skep_server::accounts::role::Role;

use crate::support::{TestApp, tarball};

const DOCS: &[u8] = include_bytes!("../../../../../testdata/golden/docs/valid.tar.gz");

/// Runs a test with each format of bodies.
async fn in_each_format(test: impl AsyncFn(TestApp, Config)) {
    for format in [ApiFormat::Json, ApiFormat::Erlang] {
        let app = TestApp::new().await;
        let key = app.member("rosa", Role::Owner).await;
        let mut config = app.client(&key);
        config.api_format = format;
        test(app, config).await;
    }
}

#[tokio::test]
async fn releases_and_docs() {
    in_each_format(async |app, config| {
        let config = &config;
        for (note, replace, is_new) in [("one", false, true), ("two", true, false)] {
            let tarball = tarball("alpha", "1.0.0", note);
            let request = releases::publish_request(config, "alpha", tarball, replace);
            let published = releases::publish_response(app.call(request).await).unwrap();
            assert_eq!(published.is_new, is_new);
            assert_eq!(published.release.version, "1.0.0");
        }
        let again = tarball("alpha", "1.0.0", "three");
        let request = releases::publish_by_metadata_request(config, again, false);
        let Err(Error::Api(error)) = releases::publish_response(app.call(request).await) else {
            panic!("it is there already");
        };
        assert!(error.is_not_replacing(), "{error}");

        let request = docs::publish_request(config, "alpha", "1.0.0", DOCS.to_vec());
        let place = docs::publish_response(app.call(request).await).unwrap();
        let url = format!("{}/repo/docs/alpha-1.0.0.tar.gz", app.url);
        assert_eq!(place, Some(url.clone()));
        let request = releases::get_request(config, "alpha", "1.0.0");
        let release = releases::get_response(app.call(request).await).unwrap();
        assert!(release.has_docs && release.docs_html_url == Some(url));
        assert_eq!(release.publisher.unwrap().username, "rosa");
        assert_eq!(release.meta.build_tools, ["mix"]);
        let request = docs::delete_request(config, "alpha", "1.0.0");
        docs::delete_response(app.call(request).await).unwrap();

        let reason = RetirementReason::Invalid;
        let text = Some("does not work");
        let request = releases::retire_request(config, "alpha", "1.0.0", reason, text);
        releases::retire_response(app.call(request).await).unwrap();
        let request = packages::get_request(config, "alpha");
        let package = packages::get_response(app.call(request).await).unwrap();
        assert_eq!(package.retirements["1.0.0"].reason, "invalid");
        let request = releases::retire_request(config, "alpha", "1.0.0", reason, Some("x"));
        let refused = releases::retire_response(app.call(request).await).unwrap_err();
        assert!(
            refused.to_string().contains("at least 3 character"),
            "{refused}"
        );
        let request = releases::unretire_request(config, "alpha", "1.0.0");
        releases::unretire_response(app.call(request).await).unwrap();

        let request = releases::delete_request(config, "alpha", "1.0.0");
        releases::delete_response(app.call(request).await).unwrap();
        let request = packages::get_request(config, "alpha");
        let gone = packages::get_response(app.call(request).await).unwrap_err();
        assert!(gone.is_not_found(), "{gone}");
    })
    .await;
}

#[tokio::test]
async fn packages_and_owners() {
    in_each_format(async |app, config| {
        let config = &config;
        app.member("vic", Role::Viewer).await;
        for (name, version) in [
            ("alpha", "1.0.0"),
            ("alpha", "1.1.0-rc.1"),
            ("beta", "0.2.0"),
        ] {
            let tarball = tarball(name, version, "");
            let request = releases::publish_request(config, name, tarball, false);
            releases::publish_response(app.call(request).await).unwrap();
        }
        let request = packages::get_request(config, "alpha");
        let package = packages::get_response(app.call(request).await).unwrap();
        let versions: Vec<_> = package
            .releases
            .iter()
            .map(|it| it.version.as_str())
            .collect();
        assert_eq!(versions, ["1.1.0-rc.1", "1.0.0"]);
        assert_eq!(package.latest_version.as_deref(), Some("1.1.0-rc.1"));
        assert_eq!(package.latest_stable_version.as_deref(), Some("1.0.0"));
        assert_eq!(package.meta.licenses, ["Apache-2.0"]);
        assert_eq!(
            package.configs["mix.exs"],
            "{:alpha, \"~> 1.0\", repo: \"acme\"}"
        );
        assert_eq!(package.owners[0].username, "rosa");
        let mut search = Search::new("alp");
        search.sort = Some(Sort::UpdatedAt);
        let found =
            packages::search_response(app.call(packages::search_request(config, &search)).await);
        assert_eq!(found.unwrap().len(), 1);
        let request = packages::search_request(config, &Search::new("package").next_page());
        assert!(
            packages::search_response(app.call(request).await)
                .unwrap()
                .is_empty()
        );

        let level = OwnerLevel::Maintainer;
        let request = owners::add_request(config, "alpha", "vic@seller.example", level, false);
        owners::add_response(app.call(request).await).unwrap();
        let request = owners::list_request(config, "alpha");
        let list = owners::list_response(app.call(request).await).unwrap();
        let levels: Vec<_> = list.iter().map(|it| it.level.as_deref()).collect();
        assert_eq!(levels, [Some("full"), Some("maintainer")]);
        let request = owners::get_request(config, "alpha", "vic");
        let owner = owners::get_response(app.call(request).await).unwrap();
        assert_eq!(owner.email.as_deref(), Some("vic@seller.example"));
        let request = owners::remove_request(config, "alpha", "rosa");
        let refused = owners::remove_response(app.call(request).await).unwrap_err();
        assert!(refused.to_string().contains("last full owner"), "{refused}");
        let request = owners::add_request(config, "alpha", "vic", OwnerLevel::Full, true);
        owners::add_response(app.call(request).await).unwrap();
        let request = owners::get_request(config, "alpha", "rosa");
        let gone = owners::get_response(app.call(request).await).unwrap_err();
        assert!(gone.is_not_found(), "{gone}");
    })
    .await;
}

#[tokio::test]
async fn users_keys_and_organizations() {
    in_each_format(async |app, mut config| {
        let request = users::me_request(&config);
        let me = users::me_response(app.call(request).await).unwrap();
        assert_eq!((me.username.as_str(), me.packages.len()), ("rosa", 0));
        let request = users::get_request(&config, "rosa@seller.example");
        assert_eq!(
            users::get_response(app.call(request).await)
                .unwrap()
                .username,
            "rosa"
        );
        let request = users::create_request(&config, "x", "x@seller.example", &"secret-123".into());
        assert!(
            users::create_response(app.call(request).await)
                .unwrap_err()
                .is_forbidden()
        );

        let request = keys::add_request(&config, "ci", &[Permission::new("api", Some("read"))]);
        let key = keys::add_response(app.call(request).await).unwrap();
        let reader = app.client(key.secret.as_ref().unwrap().expose());
        let request = auth::test_request(&reader, "api", "read");
        auth::test_response(app.call(request).await).unwrap();
        let request = auth::test_request(&reader, "api", "write");
        assert!(
            auth::test_response(app.call(request).await)
                .unwrap_err()
                .is_forbidden()
        );
        let request = keys::list_request(&config);
        let list = keys::list_response(app.call(request).await).unwrap();
        let names: Vec<_> = list
            .iter()
            .map(|it| (it.name.as_str(), it.authing_key))
            .collect();
        assert_eq!(names, [("ci", false), ("test", true)]);
        assert!(list.iter().all(|key| key.secret.is_none()));
        let request = keys::get_request(&config, "ci");
        assert_eq!(
            keys::get_response(app.call(request).await).unwrap().name,
            "ci"
        );
        let request = keys::delete_request(&config, "ci");
        keys::delete_response(app.call(request).await).unwrap();

        let request = organizations::list_request(&config);
        let found = organizations::list_response(app.call(request).await).unwrap();
        assert_eq!(found.len(), 2);
        config.api_organization = Some("acme".to_owned());
        let request = organizations::get_request(&config);
        let found = organizations::get_response(app.call(request).await).unwrap();
        assert!(found.billing_active);
        let request = organizations::update_request(&config, 5);
        let refused = organizations::update_response(app.call(request).await).unwrap_err();
        assert!(refused.is_forbidden());
        let request = members::list_request(&config);
        let found = members::list_response(app.call(request).await).unwrap();
        assert_eq!(found[0].role.as_deref(), Some("admin"));
        let request = members::get_request(&config, "rosa");
        members::get_response(app.call(request).await).unwrap();
        let request = members::add_request(&config, "vic", MemberRole::Write);
        assert!(
            members::add_response(app.call(request).await)
                .unwrap_err()
                .is_forbidden()
        );
        let request = keys::add_request(&config, "shared", &[]);
        let key = keys::add_response(app.call(request).await).unwrap();
        assert_eq!(
            key.permissions,
            [Permission::new("repository", Some("acme"))]
        );
        let request = keys::list_request(&config);
        assert_eq!(
            keys::list_response(app.call(request).await).unwrap().len(),
            1
        );
        let url = "https://example.com/long";
        let request = short_urls::create_request(&config, url);
        assert_eq!(
            short_urls::create_response(app.call(request).await).unwrap(),
            url
        );
        config.api_organization = None;
        let request = keys::delete_all_request(&config);
        keys::delete_response(app.call(request).await).unwrap();
        let request = users::me_request(&config);
        assert!(
            users::me_response(app.call(request).await)
                .unwrap_err()
                .is_unauthorized()
        );
    })
    .await;
}
