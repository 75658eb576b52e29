//! A static registry behind a spawned server: its key stays with the seller, rebar3 is the customer.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use skep_formats::key::PrivateKey;
use tempfile::TempDir;

use crate::support::http;
use crate::support::outside::port::free_port;
use crate::support::package::Package;
use crate::support::run::{Ran, run};

const NAME: &str = "acme";

/// The seller's laptop and the server, in a folder that goes away.
struct Shop {
    folder: TempDir,
    url: String,
    server: Option<Child>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            server.kill().ok();
            server.wait().ok();
        }
    }
}

impl Shop {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let key = PrivateKey::generate(2048).expect("a key");
        fs_err::write(folder.path().join("laptop.pem"), key.to_pem().as_str()).expect("writable");
        fs_err::create_dir_all(folder.path().join("site/tarballs")).expect("writable");
        let url = format!("http://127.0.0.1:{}", free_port());
        let server = None;
        Self {
            folder,
            url,
            server,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[track_caller]
    fn skep(&self, arguments: &[&str]) -> Ran {
        run(Command::new(env!("CARGO_BIN_EXE_skep"))
            .args(arguments)
            .env("SKEP_CONFIG", self.path("server/skep.toml"))
            .current_dir(self.folder.path()))
    }

    /// Puts a release into the static registry and builds it, as on the laptop.
    #[track_caller]
    fn build(&self, package: &Package) {
        let tarball = self.path("site/tarballs").join(package.file_name());
        fs_err::write(tarball, package.tarball()).expect("writable");
        let build = ["registry", "build", "site", "--name", NAME, "--private-key"];
        self.skep(&[&build[..], &["laptop.pem"]].concat())
            .succeeded();
    }

    /// The server, which never sees the signing key, and a license for everything.
    fn open(&mut self) -> String {
        let place = ["--public-key", "site/public_key", "--registry-url", "site"];
        let init = ["init", "server", "--name", NAME, "--url", &self.url.clone()];
        self.skep(&[&init[..], &place].concat()).succeeded();
        assert!(!self.path("server/signing_key.pem").exists());
        self.skep(&["doctor"]).succeeded();
        let product = ["product", "create", "tools", "--package", "widget*"];
        self.skep(&product).succeeded();
        let customer = [
            "customer",
            "create",
            "--name",
            "Jo",
            "--email",
            "jo@example.com",
        ];
        self.skep(&customer).succeeded();
        let license = [
            "license",
            "issue",
            "--customer",
            "jo@example.com",
            "--product",
            "tools",
        ];
        let issued = [&["--json"], &license[..], &["--plan", "lifetime"]].concat();
        let issued = self.skep(&issued).succeeded().stdout;
        let issued: serde_json::Value = serde_json::from_str(&issued).expect("JSON");
        self.serve();
        issued["key"]["secret"].as_str().expect("a key").to_owned()
    }

    fn serve(&mut self) {
        let child = Command::new(env!("CARGO_BIN_EXE_skep"))
            .arg("serve")
            .env("SKEP_CONFIG", self.path("server/skep.toml"))
            .env("SKEP_REPOSITORY__0__REFRESH_SECONDS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.server = Some(child.expect("skep can be started"));
        let ready = format!("{}/readyz", self.url);
        for _ in 0..400 {
            if http::get(&ready, &[]).is_ok_and(|answer| answer.status == 200) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("skep serve is not ready after 20 seconds");
    }
}

/// A customer's project that depends on widget.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new(shop: &Shop, key: Option<&str>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let repo_key = key.map_or(String::new(), |key| format!("repo_key => <<\"{key}\">>,"));
        let public_key = fs_err::read_to_string(shop.path("site/public_key")).expect("a key");
        let config = format!(
            r#"{{deps, [{{widget, "~> 1.0"}}]}}.
{{hex, [{{repos, [
    #{{name => <<"{NAME}">>, repo_url => <<"{url}/repo">>, {repo_key} repo_public_key => <<"{public_key}">>}},
    #{{name => <<"hexpm">>, repo_url => <<"http://127.0.0.1:9">>, api_url => <<"http://127.0.0.1:9/api">>}}
]}}]}}.
"#,
            url = shop.url,
        );
        fs_err::write(folder.path().join("rebar.config"), config).expect("writable");
        Self { folder }
    }

    fn get_deps(&self) -> Ran {
        let home = self.folder.path().join("home");
        run(Command::new("rebar3")
            .arg("get-deps")
            .current_dir(self.folder.path())
            .env("HOME", &home)
            .env("REBAR_CACHE_DIR", home.join("cache"))
            .env("REBAR_GLOBAL_CONFIG_DIR", home.join("config"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache")))
    }

    fn widget(&self) -> Option<String> {
        let path = self
            .folder
            .path()
            .join("_build/default/lib/widget/src/widget.app.src");
        fs_err::read_to_string(path).ok()
    }
}

#[test]
fn rebar3_gets_what_the_laptop_built_with_a_license_key_alone() {
    let mut shop = Shop::new();
    shop.build(&Package::new("widget", "1.0.0"));
    let key = shop.open();
    let project = Project::new(&shop, Some(&key));
    project.get_deps().succeeded();
    assert!(
        project
            .widget()
            .is_some_and(|app| app.contains("\"1.0.0\""))
    );
    for wrong in [None, Some("somebody-else's-key")] {
        let project = Project::new(&shop, wrong);
        project.get_deps().failed().says("widget");
        assert_eq!(project.widget(), None, "{wrong:?}");
    }
    // A new release is there within seconds.
    shop.build(&Package::new("widget", "1.1.0"));
    std::thread::sleep(Duration::from_secs(3));
    let project = Project::new(&shop, Some(&key));
    project.get_deps().succeeded();
    assert!(
        project
            .widget()
            .is_some_and(|app| app.contains("\"1.1.0\""))
    );
}

#[test]
fn what_is_not_possible_says_what_to_do() {
    let mut shop = Shop::new();
    shop.build(&Package::new("widget", "1.0.0"));
    shop.open();
    let shown = shop.skep(&["package", "list"]).succeeded();
    assert!(shown.stdout.contains("widget"), "{}", shown.stdout);
    let file = Path::new("site/tarballs/widget-1.0.0.tar");
    shop.skep(&["publish", file.to_str().expect("UTF-8")])
        .failed()
        .says("repository `acme` is prebuilt")
        .says("`skep registry build`");
    let retire = ["package", "retire", "widget", "1.0.0", "security"];
    shop.skep(&retire).failed().says("is prebuilt");
    let license = [
        "license",
        "issue",
        "--customer",
        "jo@example.com",
        "--product",
        "tools",
    ];
    let window = ["--plan", "perpetual", "--updates-until", "2030-01-01"];
    shop.skep(&[&license[..], &window].concat())
        .failed()
        .says("the signing key is elsewhere")
        .says("use plan `subscription`");
}
