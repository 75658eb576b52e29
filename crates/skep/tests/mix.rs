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
    pub(crate) mod outside;
    pub(crate) mod package;
    pub(crate) mod run;
    pub(crate) mod server;
    pub(crate) mod shop;
    pub(crate) mod static_files;
}

#[path = "mix/delivery.rs"]
mod delivery;
#[path = "mix/publishing.rs"]
mod publishing;

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use skep_server::{
    accounts::{role::Role, users},
    app::App,
    clock::Clock,
    config::Config,
    db::audit::Actor,
    oauth::{
        grants,
        logins::{self, Approver},
    },
};
use support::{
    run::{Ran, run},
    shop::{License, NAME, Shop},
    static_files,
};
use tempfile::TempDir;

/// Every release there will ever be.
const LIFETIME: [&str; 2] = ["--plan", "lifetime"];
/// hexpm itself stands where nobody answers.
const NOWHERE: &str = "http://127.0.0.1:9";
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
        run(&mut self.command(NOWHERE, arguments))
    }

    /// mix with an API.
    fn command(&self, api_url: &str, arguments: &[&str]) -> Command {
        let home = self.home();
        let mut mix = Command::new("mix");
        mix.args(arguments)
            .current_dir(self.app())
            .env("HOME", &home)
            .env("NETRC", home.join(".netrc"))
            .env("HEX_HOME", self.hex_home())
            .env("MIX_HOME", home.join("mix"))
            .env("MIX_ARCHIVES", archives())
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("HEX_API_URL", api_url)
            .env("BROWSER", "true")
            .env("HEX_MIRROR_URL", NOWHERE)
            .env_remove("HEX_OFFLINE");
        mix
    }

    /// Adds the repository so that mix exchanges its key for tokens.
    fn add_with_exchange(&self, shop: &Shop, key: &str) -> Ran {
        let file = self.home().join("public_key.pem");
        fs_err::write(&file, shop.public_key().to_pem()).expect("writable");
        let (repository, file) = (shop.repository_url(), file.display().to_string());
        let api = format!("{}/api", shop.url);
        let add = ["hex.repo", "add", NAME, &repository, "--public-key", &file];
        let exchange = ["--oauth-exchange", "--oauth-exchange-url", &api];
        self.mix(&[&add, &["--auth-key", key][..], &exchange].concat())
    }

    fn hex_config(&self) -> String {
        fs_err::read_to_string(self.hex_home().join("hex.config")).expect("it is there")
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
fn an_exported_repository_needs_no_server_of_ours() {
    let shop = Shop::with_widget();
    let public = shop.repository().with_file_name("public");
    shop.skep(&["export", public.to_str().expect("UTF-8")])
        .succeeded();
    let url = static_files::serve(&public);
    let customer = Customer::new("~> 1.0");
    let key = public.join("public_key").display().to_string();
    customer
        .mix(&["hex.repo", "add", NAME, &url, "--public-key", &key])
        .succeeded();
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"));
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
fn exchanges_the_key_for_a_token() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let customer = Customer::new("~> 1.0");
    customer.add_with_exchange(&shop, &license.key).succeeded();
    customer.mix(&["deps.get"]).succeeded();
    assert!(customer.has_widget("1.1.0"));
    assert!(customer.hex_config().contains("access_token"));
}

#[test]
fn the_text_of_a_refusal_is_seen_with_a_token_as_well() {
    let (shop, license) = shop_with_license(&LIFETIME);
    let customer = Customer::new("~> 1.0");
    customer.add_with_exchange(&shop, &license.key).succeeded();
    customer.mix(&["deps.get"]).succeeded();
    shop.skep(&["license", "suspend", &license.id]).succeeded();
    // With the token it has, and with one for the suspended license.
    customer.mix(&["deps.update", "widget"]).says("suspended");
    let other = Customer::new("~> 1.0");
    other.add_with_exchange(&shop, &license.key).succeeded();
    other.mix(&["deps.get"]).failed().says("suspended");
}

/// Does something in the shop's installation, as a page of its server would.
fn in_shop<T>(shop: &Shop, work: impl AsyncFnOnce(&App) -> T) -> T {
    let config = Config::load(&shop.repository().join("skep.toml"), shop.environment());
    let config = config.expect("a configuration");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let app = App::open(config, Clock::system()).await;
        let app = app.expect("an installation");
        let result = work(&app).await;
        app.db.close().await;
        result
    })
}

async fn approve(app: &App, code: &str) {
    let rosa = users::show(app, "rosa").await.expect("a user");
    let approver = Approver {
        user: &rosa,
        actor: &Actor::Cli,
        address: [127, 0, 0, 1].into(),
    };
    let approved = logins::approve(app, &approver, code, None).await;
    approved.expect("it waits");
}

#[test]
fn logs_in_by_the_device_flow_and_out_again() {
    let mut shop = Shop::with_widget();
    in_shop(&shop, async |app| {
        let rosa = users::Create {
            username: "rosa".to_owned(),
            email: "rosa@seller.example".to_owned(),
            role: Role::Publisher,
            actor: Actor::Cli,
        };
        users::create(app, &rosa).await.expect("a new user");
    });
    shop.serve();
    let rosa = Customer::new("~> 1.0");
    let api = format!("{}/api", shop.url);
    let mut login = rosa.command(&api, &["hex.user", "auth"]);
    let mut login = login.stdout(Stdio::piped()).spawn().expect("mix starts");
    let output = BufReader::new(login.stdout.take().expect("it is piped"));
    let mut is_logged_in = false;
    for line in output.lines() {
        let line = line.expect("text");
        let word = line.trim();
        if word.len() == 9 && word.as_bytes()[4] == b'-' {
            in_shop(&shop, async |app| approve(app, word).await);
        }
        is_logged_in |= line.contains("You are authenticated!");
    }
    login.wait().expect("mix ends");
    assert!(is_logged_in);
    assert!(rosa.hex_config().contains("refresh_token"));

    let mix = |arguments: &[&str]| run(&mut rosa.command(&api, arguments));
    mix(&["hex.user", "whoami"]).succeeded().says("rosa");
    mix(&["hex.user", "deauth"]).succeeded();
    assert!(!rosa.hex_config().contains("refresh_token"));
    let grants = in_shop(&shop, async |app| {
        let rosa = users::show(app, "rosa").await.expect("a user");
        grants::list(app, rosa.id).await.expect("it answers")
    });
    assert!(grants.is_empty(), "the login has ended: {grants:?}");
}
