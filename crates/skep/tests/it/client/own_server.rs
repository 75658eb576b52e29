//! The API of our own server, with an API key.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::customer::Customer;
use crate::support::package::Package;
use crate::support::shop::Shop;

/// A serving shop with a publisher, and that publisher's API key.
fn shop_with_publisher() -> (Shop, String) {
    let mut shop = Shop::with_widget();
    let create = [
        "user",
        "create",
        "--username",
        "rosa",
        "--email",
        "rosa@example.com",
        "--role",
        "publisher",
    ];
    shop.skep(&create).succeeded();
    let key = shop
        .skep(&["api-key", "create", "rosa", "--json"])
        .succeeded();
    let key: Value = serde_json::from_str(&key.stdout).expect("--json prints JSON");
    let secret = key["secret"].as_str().expect("a secret").to_owned();
    shop.serve();
    (shop, secret)
}

fn publisher(shop: &Shop) -> Customer {
    let address = shop.url.trim_start_matches("http://");
    let rosa = Customer::new().masking(address, "[ADDRESS]");
    for (file, package) in [
        ("gadget.tar", Package::new("gadget", "1.0.0")),
        (
            "other.tar",
            Package::new("gadget", "1.0.0").described("Another thing"),
        ),
        ("newer.tar", Package::new("gadget", "1.1.0")),
    ] {
        fs_err::write(rosa.folder().join(file), package.tarball()).expect("writable");
    }
    rosa
}

#[test]
fn publishing_and_looking_with_an_api_key() {
    let (shop, key) = shop_with_publisher();
    let mut rosa = publisher(&shop);
    fs_err::write(rosa.folder().join("key.txt"), &key).expect("writable");
    let fingerprint = shop.public_key().fingerprint();
    rosa.skep(&format!(
        "repo add acme {} --fetch-public-key {fingerprint}",
        shop.repository_url()
    ))
    .succeeded();
    rosa.skep("publish gadget.tar --server acme").failed();
    rosa.skep("login --api-key-file key.txt --server acme")
        .succeeded();
    rosa.skep("whoami --server acme --json").succeeded();
    rosa.skep("publish gadget.tar --server acme").succeeded();
    rosa.skep("publish gadget.tar --server acme").succeeded();
    rosa.skep("publish other.tar --server acme").failed();
    rosa.skep("publish other.tar newer.tar --server acme --replace")
        .succeeded();
    rosa.skep("search gadget --server acme").succeeded();
    rosa.skep("info gadget --server acme").succeeded();
    rosa.skep("info gadget 1.1.0 --server acme").succeeded();
    rosa.skep("info missing --server acme").failed();
    let story = rosa.story();
    assert!(!story.contains("ska_"), "{story}");
    insta::assert_snapshot!(story);
    thread::sleep(Duration::from_millis(500));
    shop.skep(&["package", "show", "gadget"])
        .succeeded()
        .says("1.1.0");
}

#[test]
fn a_key_that_was_revoked_or_never_was_is_refused() {
    let (shop, key) = shop_with_publisher();
    let mut rosa = publisher(&shop);
    let at = format!("--server {}", shop.url);
    rosa.set("SKEP_API_KEY", &key);
    rosa.skep(&format!("whoami {at}")).succeeded().says("rosa");
    let keys = shop
        .skep(&["api-key", "list", "rosa", "--json"])
        .succeeded();
    let keys: Value = serde_json::from_str(&keys.stdout).expect("JSON");
    let id = keys[0]["id"].as_str().expect("an id").to_owned();
    shop.skep(&["api-key", "revoke", &id]).succeeded();
    let mut refused = rosa.skep(&format!("whoami {at}"));
    for _ in 0..50 {
        if refused.code != 0 {
            break;
        }
        thread::sleep(Duration::from_millis(100));
        refused = rosa.skep(&format!("whoami {at}"));
    }
    assert!(
        refused.stderr.contains("401 Unauthorized"),
        "{}",
        refused.said()
    );
    rosa.skep(&format!("publish gadget.tar {at}")).failed();
    rosa.set("SKEP_API_KEY", "ska_neverwas");
    rosa.skep(&format!("publish gadget.tar {at}")).failed();
    assert!(!rosa.story().contains(&key));
    shop.skep(&["package", "show", "gadget"]).failed();
}
