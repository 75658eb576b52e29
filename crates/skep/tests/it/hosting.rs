//! `skep import` and `skep export`: into the server's care and out of it.

#![expect(clippy::unwrap_used, reason = "a test that stops there says where")]

mod dates;
mod export;
mod faults;
mod import;
mod servers;

use serde_json::Value;

use crate::registry::site::{Site, golden, set_time};
use crate::support::package::Package;
use crate::support::run::Ran;
use crate::support::shop::Shop;

/// The time that [`Site`] gives to its files.
const SITES_DAY: &str = "2024-01-01";

/// A static registry, built by us.
fn site(releases: &[&str]) -> Site {
    let site = Site::new();
    site.add(releases);
    site.built(&[]);
    site
}

/// A shop without packages, with the product `tools`.
fn new_shop() -> Shop {
    let shop = Shop::init();
    shop.skep(&["product", "create", "tools", "--package", "*"])
        .succeeded();
    shop
}

fn json(ran: Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.said()))
}

/// `skep import`, with all right.
#[track_caller]
fn imported(shop: &Shop, arguments: &[&str]) -> Value {
    json(
        shop.skep(&[&["--json", "import"], arguments].concat())
            .succeeded(),
    )
}

/// `skep import`, with something that could not be done.
#[track_caller]
fn partly_imported(shop: &Shop, arguments: &[&str]) -> Value {
    let ran = shop.skep(&[&["--json", "import"], arguments].concat());
    assert_eq!(ran.code, 1, "{}", ran.said());
    json(ran)
}

/// `widget 1.0.0` of each entry.
fn names(list: &Value) -> Vec<String> {
    let name = |entry: &Value| {
        let text = |field: &str| entry[field].as_str().expect("a text").to_owned();
        format!("{} {}", text("package"), text("version"))
    };
    list.as_array().expect("a list").iter().map(name).collect()
}

/// A release as `skep package show --json` has it.
#[track_caller]
fn release(shop: &Shop, package: &str, version: &str) -> Value {
    let shown = json(
        shop.skep(&["--json", "package", "show", package])
            .succeeded(),
    );
    let releases = shown["releases"].as_array().expect("releases");
    let found = releases
        .iter()
        .find(|release| release["version"] == version);
    found
        .unwrap_or_else(|| panic!("no {version} in {shown}"))
        .clone()
}

/// A release's tarball, as the shop has it.
fn stored(shop: &Shop, package: &str, version: &str) -> Vec<u8> {
    let folder = shop.repository().with_file_name("looked-at");
    shop.skep(&["export", folder.to_str().expect("UTF-8")])
        .succeeded();
    let file = folder.join(format!("tarballs/{package}-{version}.tar"));
    fs_err::read(file).expect("it was exported")
}
