//! rebar3 through each way that a tarball can take.

use super::{LIFETIME, Project};
use crate::support::{
    cdn::{Cdn, Hit, KeyKind},
    http,
    outside::setup::Setup,
    shop::{License, Shop},
};

#[test]
fn follows_the_redirect_to_a_cdn_that_wants_an_ecdsa_signature() {
    through_a_cdn(KeyKind::EcdsaP256);
}

#[test]
fn follows_the_redirect_to_a_cdn_that_wants_an_rsa_signature() {
    through_a_cdn(KeyKind::Rsa2048);
}

#[test]
fn follows_the_redirect_to_a_signed_url_of_the_server_itself() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &LIFETIME);
    shop.serve_with(&[("SKEP_DELIVERY__MODE", "local-url")]);
    let url = format!("{}/tarballs/widget-1.0.0.tar", shop.repository_url());
    let answer = http::get(&url, &[("authorization", &license.key)]).expect("an answer");
    assert_eq!(answer.status, 302, "{}", answer.text());
    let project = Project::new(&shop, "~> 1.0", Some(&license.key));
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"));
}

fn through_a_cdn(kind: KeyKind) {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &LIFETIME);
    let cdn = Cdn::start(kind, shop.origin_url());
    shop.serve_with_cdn(&cdn);
    let project = Project::new(&shop, "~> 1.0", Some(&license.key));
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"));
    let hits = cdn.hits();
    assert!(
        matches!(
            hits.as_slice(),
            [Hit {
                status: 200,
                had_authorization: true
            }]
        ),
        "{hits:?}"
    );
    the_cdn_refuses_what_was_not_signed(&shop, &license);
}

/// Without this the test above would also pass with a CDN that checks nothing.
fn the_cdn_refuses_what_was_not_signed(shop: &Shop, license: &License) {
    let url = format!("{}/tarballs/widget-1.0.0.tar", shop.repository_url());
    let answer = http::get(&url, &[("authorization", &license.key)]).expect("an answer");
    assert_eq!(answer.status, 302, "{}", answer.text());
    let signed = answer.header("location").expect("a redirect has one");
    let status = |url: &str| http::get(url, &[]).expect("the CDN answers").status;
    assert_eq!(status(signed), 200);
    assert_eq!(status(&signed.replacen("Expires=1", "Expires=2", 1)), 403);
    let unsigned = signed.split('?').next().expect("the part before it");
    assert_eq!(status(unsigned), 403);
}

/// S3 answers 400 to whoever sends a key beside a signature, and rebar3 would: it is streamed to.
#[test]
fn is_streamed_to_where_others_get_urls_of_the_bucket() {
    if Setup::Large.is_for_another_run("only a bucket signs URLs") {
        return;
    }
    let mut shop = Shop::with_widget_on(Setup::Large);
    let license = shop.license("rosa@example.com", &LIFETIME);
    shop.serve_with(&[("SKEP_DELIVERY__MODE", "presign")]);
    let url = format!("{}/tarballs/widget-1.1.0.tar", shop.repository_url());
    let gleam = [
        ("authorization", license.key.as_str()),
        ("user-agent", "Gleam v1.6.3"),
    ];
    let redirect = http::get(&url, &gleam).expect("an answer");
    assert_eq!(redirect.status, 302, "{}", redirect.text());
    let s3 = shop.s3().expect("it has a bucket");
    let location = redirect.header("location").expect("a redirect has one");
    assert!(location.starts_with(&s3.endpoint), "{location}");
    assert_eq!(http::get(location, &[]).expect("an answer").status, 200);

    let project = Project::new(&shop, "~> 1.0", Some(&license.key));
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"));
    assert_eq!(s3.refused(), 0);
}

#[test]
fn gets_from_nginx_what_the_server_allows() {
    if Setup::Small.is_for_another_run("nginx sends files of a folder") {
        return;
    }
    let mut shop = Shop::with_widget_on(Setup::Small);
    let license = shop.license("rosa@example.com", &LIFETIME);
    shop.serve_behind_nginx();
    let project = Project::new(&shop, "~> 1.0", Some(&license.key));
    project.get_deps().succeeded();
    assert!(project.has_widget("1.1.0"));
    let stranger = Project::new(&shop, "~> 1.0", None);
    stranger.get_deps().failed();
    // The server itself sends no byte of it.
    let url = format!("{}/repo/tarballs/widget-1.1.0.tar", shop.url);
    let answer = http::get(&url, &[("authorization", &license.key)]).expect("an answer");
    let location = answer.header("x-accel-redirect").expect("for nginx");
    assert!(location.starts_with("/skep-files/"), "{location}");
    assert!(answer.body.is_empty());
}
