//! Several nodes as processes of their own, on one configuration file and one folder.

mod following;
mod limits;
mod proxy;
mod rolling;
mod spool;

use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::outside::setup::Setup;
use crate::support::shop::Shop;

/// Runs a test with SQLite and a folder, then with PostgreSQL and a bucket, as far as this run does both.
fn on_each_shop(test: impl Fn(Shop)) {
    for setup in [Setup::Small, Setup::Large] {
        if setup.is_in_this_run() {
            test(Shop::init_on(setup));
        }
    }
}

/// A user who may do everything, and the key of their tools.
fn owner(shop: &Shop) -> String {
    let create = [
        "user",
        "create",
        "--username",
        "rosa",
        "--email",
        "rosa@seller.example",
    ];
    shop.skep(&[&create[..], &["--role", "owner"]].concat())
        .succeeded();
    let create = ["api-key", "create", "rosa", "--json", "--permission", "api"];
    let more = [
        "--permission",
        "licenses:write",
        "--permission",
        "licenses:read",
    ];
    let created = shop.skep(&[&create[..], &more].concat()).succeeded();
    let created: Value = serde_json::from_str(&created.stdout).expect("JSON");
    created["secret"].as_str().expect("a secret").to_owned()
}

/// A node follows within a second; a busy machine gets more.
#[track_caller]
fn soon(is_true: impl Fn() -> bool) {
    for _ in 0..400 {
        if is_true() {
            return;
        }
        thread::sleep(Duration::from_millis(25));
    }
    panic!("not within ten seconds");
}
