//! mix through each way that a tarball can take.

use super::support::{
    cdn::{Cdn, Hit, KeyKind},
    http,
    outside::setup::Setup,
    shop::Shop,
};
use super::{Customer, LIFETIME};

#[test]
fn follows_the_redirect_to_a_cdn() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &LIFETIME);
    let cdn = Cdn::start(KeyKind::EcdsaP256, shop.origin_url());
    shop.serve_with_cdn(&cdn);
    let customer = Customer::of(&shop, "~> 1.0", &license);
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"));
    let hits = cdn.hits();
    // mix sometimes repeats a request.
    let good = |hit: &Hit| hit.status == 200 && hit.had_authorization;
    assert!(!hits.is_empty() && hits.iter().all(good), "{hits:?}");
}

/// Gets widget through a shop that is served.
fn gets_widget(shop: &Shop, key: &str) {
    let customer = Customer::new("~> 1.0");
    customer
        .add_repository(shop, &["--auth-key", key])
        .succeeded();
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"));
}

#[test]
fn follows_the_redirect_to_a_signed_url_of_the_server_itself() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &LIFETIME);
    shop.serve_with(&[("SKEP_DELIVERY__MODE", "local-url")]);
    let url = format!("{}/tarballs/widget-1.1.0.tar", shop.repository_url());
    let answer = http::get(&url, &[("authorization", &license.key)]).expect("an answer");
    assert_eq!(answer.status, 302);
    gets_widget(&shop, &license.key);
}

#[test]
fn is_streamed_to_where_others_get_urls_of_the_bucket() {
    if Setup::Large.is_for_another_run("only a bucket signs URLs") {
        return;
    }
    let mut shop = Shop::with_widget_on(Setup::Large);
    let license = shop.license("rosa@example.com", &LIFETIME);
    shop.serve_with(&[("SKEP_DELIVERY__MODE", "presign")]);
    gets_widget(&shop, &license.key);
    assert_eq!(shop.s3().expect("it has a bucket").refused(), 0);
}

#[test]
fn gets_from_nginx_what_the_server_allows() {
    if Setup::Small.is_for_another_run("nginx sends files of a folder") {
        return;
    }
    let mut shop = Shop::with_widget_on(Setup::Small);
    let license = shop.license("rosa@example.com", &LIFETIME);
    shop.serve_behind_nginx();
    gets_widget(&shop, &license.key);
}
