use serde_json::json as value;
use skep_formats::etf;

use super::{answer, json};
use crate::api::{keys, members, organizations, owners, packages, releases, short_urls, users};

#[test]
fn a_package_is_read_in_both_formats() {
    let body = value!({
        "name": "alpha",
        "meta": {"description": "first", "licenses": ["MIT"], "links": {"GitHub": "https://x"}, "maintainers": null},
        "releases": [{"version": "1.1.0", "has_docs": true, "url": "https://y"}],
        "retirements": {"1.0.0": {"reason": "security", "message": null}},
        "downloads": {"all": 7, "week": 2},
        "owners": null,
        "new_field": 1,
    });
    let package = packages::get_response(json(200, &body.to_string())).unwrap();
    assert_eq!(package.name, "alpha");
    assert_eq!(package.meta.licenses, ["MIT"]);
    assert_eq!(package.releases[0].version, "1.1.0");
    assert_eq!(package.retirements["1.0.0"].reason, "security");
    assert_eq!(package.downloads["all"], 7);

    let erlang = [("content-type", "application/vnd.hex+erlang; charset=utf-8")];
    let again = packages::get_response(answer(200, &erlang, etf::encode(&body))).unwrap();
    assert_eq!(again, package);
}

#[test]
fn a_release_is_read() {
    let body = r#"{"version": "1.0.0", "requirements": {"beta": {"requirement": "~> 1.0", "optional": false,
        "app": "beta"}}, "retirement": null, "publisher": null, "meta": {"build_tools": ["mix"]}, "downloads": 3}"#;
    let release = releases::get_response(json(200, body)).unwrap();
    assert_eq!(
        release.requirements["beta"].requirement.as_deref(),
        Some("~> 1.0")
    );
    assert_eq!(release.downloads, Some(3));
    assert!(!releases::publish_response(json(200, body)).unwrap().is_new);
    assert!(releases::publish_response(json(201, body)).unwrap().is_new);
}

#[test]
fn answers_without_a_body_are_good() {
    let empty = || answer(204, &[], "");
    releases::delete_response(empty()).unwrap();
    releases::retire_response(empty()).unwrap();
    owners::add_response(empty()).unwrap();
    let created = answer(201, &[("location", "https://docs.example.com/alpha")], "");
    let location = crate::api::docs::publish_response(created).unwrap();
    assert_eq!(location.as_deref(), Some("https://docs.example.com/alpha"));
}

#[test]
fn a_new_key_has_a_secret_that_is_not_printed() {
    let body = r#"{"name": "laptop", "secret": "s3cr3t", "permissions": [{"domain": "api", "resource": null}]}"#;
    let key = keys::add_response(json(201, body)).unwrap();
    assert_eq!(key.secret.as_ref().unwrap().expose(), "s3cr3t");
    assert!(!format!("{key:?}").contains("s3cr3t"));
    assert_eq!(
        keys::list_response(json(200, r#"[{"name": "a"}]"#)).unwrap()[0].secret,
        None
    );
}

#[test]
fn people_and_organizations_are_read() {
    let me = users::me_response(json(
        200,
        r#"{"username": "jo", "packages": [], "organizations": [{"name": "acme", "role": "admin"}]}"#,
    ));
    assert_eq!(me.unwrap().organizations[0].name, "acme");
    let all = organizations::list_response(json(
        200,
        r#"[{"name": "acme", "billing_active": true, "seats": 3}]"#,
    ));
    assert_eq!(all.unwrap()[0].seats, Some(3));
    let member = members::add_response(json(200, r#"{"username": "jo", "role": "read"}"#));
    assert_eq!(member.unwrap().role.as_deref(), Some("read"));
    let short = short_urls::create_response(json(201, r#"{"url": "https://hex.example/l/x"}"#));
    assert_eq!(short.unwrap(), "https://hex.example/l/x");
}
