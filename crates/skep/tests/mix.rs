//! Mix with Hex against a spawned server. Left out of a plain `cargo test`, because not every machine has Hex:
//! `cargo xtask test` runs it where `mix hex.info` works and says so where it does not.

#[path = "it/support"]
#[expect(
    dead_code,
    reason = "the other tests of this package use the rest of it"
)]
mod support {
    pub(crate) mod cdn;
    pub(crate) mod http;
    pub(crate) mod package;
    pub(crate) mod port;
    pub(crate) mod run;
    pub(crate) mod shop;
}

#[path = "mix/publishing.rs"]
mod publishing;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use support::{
    cdn::{Cdn, Hit, KeyKind},
    run::{Ran, run},
    shop::{License, NAME, Shop},
};
use tempfile::TempDir;

/// Every release there will ever be.
const LIFETIME: [&str; 2] = ["--plan", "lifetime"];
/// Only widget 1.0.0.
const UNTIL_MARCH: [&str; 4] = ["--plan", "perpetual", "--updates-until", "2024-03-01"];

/// A customer's machine: a home folder and a project that depends on widget.
struct Customer {
    folder: TempDir,
}

impl Customer {
    fn new(requirement: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        for name in ["home", "app"] {
            fs_err::create_dir(folder.path().join(name)).expect("writable");
        }
        let customer = Self { folder };
        customer.require(requirement);
        customer
    }

    /// A customer who has added the repository with the key.
    #[track_caller]
    fn of(shop: &Shop, requirement: &str, license: &License) -> Self {
        let customer = Self::new(requirement);
        customer
            .add_repository(shop, &["--auth-key", &license.key])
            .succeeded();
        customer
    }

    /// Writes the project's mix.exs.
    fn require(&self, requirement: &str) {
        let project = format!(
            r#"defmodule App.MixProject do
  use Mix.Project

  def project do
    [app: :app, version: "0.1.0", deps: [{{:widget, "{requirement}", repo: "{NAME}"}}]]
  end
end
"#
        );
        fs_err::write(self.app().join("mix.exs"), project).expect("writable");
    }

    fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn hex_home(&self) -> PathBuf {
        self.home().join("hex")
    }

    fn mix(&self, arguments: &[&str]) -> Ran {
        let home = self.home();
        // hexpm itself stands where nobody answers.
        let nowhere = "http://127.0.0.1:9";
        run(Command::new("mix")
            .args(arguments)
            .current_dir(self.app())
            .env("HOME", &home)
            .env("NETRC", home.join(".netrc"))
            .env("HEX_HOME", self.hex_home())
            .env("MIX_HOME", home.join("mix"))
            .env("MIX_ARCHIVES", archives())
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("HEX_API_URL", nowhere)
            .env("HEX_MIRROR_URL", nowhere)
            .env_remove("HEX_OFFLINE"))
    }

    fn add_repository(&self, shop: &Shop, options: &[&str]) -> Ran {
        let (url, fingerprint) = (shop.repository_url(), shop.public_key().fingerprint());
        let add = [
            "hex.repo",
            "add",
            NAME,
            &url,
            "--fetch-public-key",
            &fingerprint,
        ];
        self.mix(&[&add, options].concat())
    }

    /// Whether this version of widget lies in the project, unpacked.
    fn has_widget(&self, version: &str) -> bool {
        let app = self.app().join("deps/widget/src/widget.app.src");
        fs_err::read_to_string(app).is_ok_and(|text| text.contains(&format!("\"{version}\"")))
    }

    /// What a fresh checkout in a fresh container has: the project, its lock file, the repository's configuration.
    fn keep_only_the_lock(&self) {
        remove(&self.app().join("deps"));
        remove(&self.app().join("_build"));
        for entry in fs_err::read_dir(self.hex_home()).expect("hex made it") {
            let path = entry.expect("readable").path();
            if !path.ends_with("hex.config") {
                remove(&path);
            }
        }
        assert!(self.app().join("mix.lock").is_file());
    }
}

fn remove(path: &Path) {
    if path.is_dir() {
        fs_err::remove_dir_all(path).expect("writable");
    } else if path.exists() {
        fs_err::remove_file(path).expect("writable");
    }
}

/// Where this machine keeps Hex.
fn archives() -> &'static str {
    static ARCHIVES: OnceLock<String> = OnceLock::new();
    ARCHIVES.get_or_init(|| {
        let print = "Mix.start(); IO.write(Mix.path_for(:archives))";
        run(Command::new("elixir").args(["-e", print]))
            .succeeded()
            .stdout
    })
}

fn shop_with_license(terms: &[&str]) -> (Shop, License) {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", terms);
    shop.serve();
    (shop, license)
}

#[test]
fn gets_the_package_with_a_license_key_and_again_from_the_lock() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let customer = Customer::of(&shop, "~> 1.0", &license);
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"));
    customer.keep_only_the_lock();
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"), "again, from the lock");
}

#[test]
fn a_mistyped_key_is_refused_when_the_repository_is_added() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let customer = Customer::new("~> 1.0");
    let mut mistyped = license.key.clone();
    let last = if mistyped.ends_with('0') { '1' } else { '0' };
    mistyped.pop();
    mistyped.push(last);
    customer
        .add_repository(&shop, &["--auth-key", &mistyped])
        .says("Downloading public key failed with code \"401\"");
    customer.mix(&["deps.get"]).failed();
    // Adding it again with the right key is the way out.
    customer
        .add_repository(&shop, &["--auth-key", &license.key])
        .succeeded();
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"));
}

#[test]
fn a_netrc_stands_in_for_the_key() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let customer = Customer::new("~> 1.0");
    // Hex reads a netrc only in this form, a pair of words a line.
    let netrc = format!(
        "machine 127.0.0.1\nlogin license\npassword {}\n",
        license.key
    );
    fs_err::write(customer.home().join(".netrc"), netrc).expect("writable");
    customer.add_repository(&shop, &[]).succeeded();
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"));
    let config =
        fs_err::read_to_string(customer.hex_home().join("hex.config")).expect("it is there");
    assert!(!config.contains(&license.key), "no key in hex.config");
}

#[test]
fn an_empty_key_is_told_that_one_is_needed() {
    let (shop, _) = shop_with_license(&LIFETIME);
    let customer = Customer::new("~> 1.0");
    customer
        .add_repository(&shop, &["--auth-key", ""])
        .succeeded();
    customer
        .mix(&["deps.get"])
        .failed()
        .says("license key is needed");
}

#[test]
fn outdated_and_fetch_work() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let customer = Customer::of(&shop, "1.0.0", &license);
    customer.mix(&["deps.get"]).succeeded();
    customer.require("~> 1.0");
    // It exits with 1 when there is something to update.
    customer.mix(&["hex.outdated"]).failed().says("1.1.0");
    customer
        .mix(&["hex.package", "fetch", "widget", "1.0.0", "--repo", NAME])
        .succeeded();
    assert!(customer.app().join("widget-1.0.0.tar").is_file());
}

#[test]
fn does_not_see_a_release_after_the_end_of_updates() {
    let (shop, license) = shop_with_license(&UNTIL_MARCH);
    let customer = Customer::of(&shop, "~> 1.0", &license);
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.0.0"), "the newest that it may have");
    let too_new = Customer::of(&shop, "1.1.0", &license);
    too_new.mix(&["deps.get"]).failed();
    assert!(!too_new.has_widget("1.1.0"));
}

#[test]
fn an_expired_license_says_so_in_the_terminal() {
    let terms = [
        "--plan",
        "subscription",
        "--access-until",
        "2024-02-29",
        "--grace-days",
        "0",
    ];
    let (shop, license) = shop_with_license(&terms);
    let customer = Customer::of(&shop, "~> 1.0", &license);
    customer.mix(&["deps.get"]).failed().says("2024-02-29");
}

#[test]
fn a_locked_build_survives_a_narrower_license() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let customer = Customer::of(&shop, "~> 1.0", &license);
    customer.mix(&["deps.get"]).succeeded();
    shop.wait_for_usage("widget", "1.1.0");
    shop.skep(&[
        "license",
        "change",
        &license.id,
        "--plan",
        "perpetual",
        "--updates-until",
        "2024-03-01",
    ])
    .succeeded()
    .says("1.1.0");
    customer.mix(&["deps.get"]).succeeded();
    customer.keep_only_the_lock();
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"));
}

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
