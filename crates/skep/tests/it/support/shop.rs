//! A seller's whole installation in a temporary folder, driven through the `skep` command alone.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;
use skep_formats::key::PublicKey;
use tempfile::TempDir;

use super::{
    cdn::{Cdn, KEY_PAIR_ID, ORIGIN_SECRET},
    http,
    outside::{Base, nginx::Nginx, port::free_port, setup::Setup, strict_s3::StrictS3},
    package::Package,
    run::{Ran, run},
    server::Server,
};

/// The name customers give the repository.
pub(crate) const NAME: &str = "acme";

/// A repository named `acme`, with or without a running server.
pub(crate) struct Shop {
    folder: TempDir,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    base: Base,
    server: Option<Server>,
    /// What customers reach, when it stands in front of the server.
    nginx: Option<Nginx>,
}

/// A license that was just issued.
#[derive(Debug, Clone)]
pub(crate) struct License {
    pub(crate) id: String,
    /// The secret.
    pub(crate) key: String,
}

impl Shop {
    /// `skep init`, on a port nobody listens on; nothing is served yet.
    pub(crate) fn init() -> Self {
        Self::init_on(Setup::current())
    }

    /// The same, on a set-up.
    pub(crate) fn init_on(setup: Setup) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("http://127.0.0.1:{}", free_port());
        let shop = Self {
            folder,
            url,
            base: Base::of(setup),
            server: None,
            nginx: None,
        };
        let repository = shop.repository();
        let mut init = Command::new(env!("CARGO_BIN_EXE_skep"));
        init.arg("init").arg(&repository);
        init.envs(shop.environment().iter().cloned());
        run(init.args(["--name", NAME, "--url", &shop.url])).succeeded();
        shop
    }

    /// A shop with widget 1.0.0 (of 2024-01-10) and 1.1.0 (of 2024-07-10) in the product `tools`.
    pub(crate) fn with_widget() -> Self {
        Self::with_widget_on(Setup::current())
    }

    /// The same, on a set-up.
    pub(crate) fn with_widget_on(setup: Setup) -> Self {
        let shop = Self::init_on(setup);
        shop.publish(&Package::new("widget", "1.0.0"), "2024-01-10");
        shop.publish(&Package::new("widget", "1.1.0"), "2024-07-10");
        shop.skep(&["product", "create", "tools", "--package", "widget*"])
            .succeeded();
        shop
    }

    /// Runs `skep` on this repository's configuration.
    #[track_caller]
    pub(crate) fn skep(&self, arguments: &[&str]) -> Ran {
        run(self.command().args(arguments))
    }

    /// `skep`, with its configuration.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
        command
            .env("SKEP_CONFIG", self.repository().join("skep.toml"))
            // Nobody stands in front of it who would have to notice that it ends.
            .env("SKEP_SERVER__GRACE_SECONDS", "0")
            .envs(self.environment().iter().cloned())
            .current_dir(self.folder.path());
        command
    }

    /// What its configuration does not have: database and bucket of the large set-up.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.base.environment
    }

    /// Its bucket, on the large set-up.
    pub(crate) fn s3(&self) -> Option<&StrictS3> {
        self.base.s3.as_ref()
    }

    /// The folder that `skep init` made.
    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    /// The URL customers give their tools.
    pub(crate) fn repository_url(&self) -> String {
        let front = self.nginx.as_ref().map_or(&self.url, |nginx| &nginx.url);
        format!("{front}/repo")
    }

    #[track_caller]
    pub(crate) fn publish(&self, package: &Package, published_at: &str) {
        let file = self.folder.path().join(package.file_name());
        fs_err::write(&file, package.tarball()).expect("the temporary folder is writable");
        let file = file.to_str().expect("a UTF-8 path");
        self.skep(&["publish", file, "--published-at", published_at])
            .succeeded();
    }

    /// A new customer with a license for `tools`, on the plan and with the dates given.
    #[track_caller]
    pub(crate) fn license(&self, email: &str, terms: &[&str]) -> License {
        self.skep(&["customer", "create", "--name", email, "--email", email])
            .succeeded();
        let who = [
            "--json",
            "license",
            "issue",
            "--customer",
            email,
            "--product",
            "tools",
        ];
        let issued = self.skep(&[&who, terms].concat()).succeeded();
        let issued: Value = serde_json::from_str(&issued.stdout).expect("--json prints JSON");
        let text = |part: &str, name: &str| issued[part][name].as_str().map(str::to_owned);
        License {
            id: text("license", "id").expect("license.id"),
            key: text("key", "secret").expect("key.secret"),
        }
    }

    /// Waits until a download is in `skep usage`, which takes up to 15 seconds.
    #[track_caller]
    pub(crate) fn wait_for_usage(&self, package: &str, version: &str) {
        let mut usage = String::new();
        for _ in 0..80 {
            usage = self.skep(&["usage", "--json"]).succeeded().stdout;
            if usage.contains(package) && usage.contains(version) {
                return;
            }
            thread::sleep(Duration::from_millis(250));
        }
        panic!("{package} {version} is not in the usage after 20 seconds:\n{usage}");
    }

    /// Stops what `serve` started.
    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    /// `skep serve`; returns when it is ready.
    pub(crate) fn serve(&mut self) {
        self.serve_with(&[]);
    }

    /// What a CDN in front of the files fetches from.
    pub(crate) fn origin_url(&self) -> String {
        format!("{}/repo/files", self.url)
    }

    /// `skep serve`, with tarballs delivered by the CDN.
    pub(crate) fn serve_with_cdn(&mut self, cdn: &Cdn) {
        let key_file = cdn.private_key_file();
        self.serve_with(&[
            ("SKEP_DELIVERY__MODE", "cloudfront"),
            ("SKEP_DELIVERY__CLOUDFRONT__URL", &cdn.url),
            ("SKEP_DELIVERY__CLOUDFRONT__KEY_PAIR_ID", KEY_PAIR_ID),
            (
                "SKEP_DELIVERY__CLOUDFRONT__PRIVATE_KEY_FILE",
                key_file.to_str().expect("a UTF-8 path"),
            ),
            ("SKEP_DELIVERY__CLOUDFRONT__ORIGIN_SECRET", ORIGIN_SECRET),
        ]);
    }

    /// `skep serve`, with an nginx in front that sends the tarballs.
    pub(crate) fn serve_behind_nginx(&mut self) {
        self.serve_with(&[
            ("SKEP_DELIVERY__MODE", "accel"),
            ("SKEP_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ]);
        self.nginx = Some(Nginx::start(&self.repository(), &self.url));
    }

    /// Ends the server in the middle of whatever it does.
    pub(crate) fn kill_server(&mut self) {
        self.server.take().expect("it is served").kill();
    }

    /// What the server has logged since it was started last.
    pub(crate) fn server_log(&self) -> String {
        fs_err::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// A user with an API key for everything; gives the key.
    #[track_caller]
    pub(crate) fn member(&self, name: &str) -> String {
        let email = format!("{name}@seller.example");
        let user = ["user", "create", "--username", name, "--email", &email];
        self.skep(&[&user[..], &["--role", "owner"]].concat())
            .succeeded();
        let made = self.skep(&["--json", "api-key", "create", name]);
        let made: Value = serde_json::from_str(&made.succeeded().stdout).expect("JSON");
        made["secret"].as_str().expect("a secret").to_owned()
    }

    /// `skep serve`, with some of its configuration in the environment.
    pub(crate) fn serve_with(&mut self, environment: &[(&str, &str)]) {
        let address = self.url.trim_start_matches("http://");
        let log = self.folder.path().join("server.log");
        let log_file = fs_err::File::create(&log).expect("the temporary folder is writable");
        let mut serve = self.command();
        serve
            .args(["serve", "--listen", address])
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log_file.into_parts().0);
        let server = Server::start(&mut serve, &format!("{}/readyz", self.url), &log);
        self.server = Some(server);
    }

    /// The repository's public key, as a customer gets it.
    pub(crate) fn public_key(&self) -> PublicKey {
        let url = format!("{}/public_key", self.repository_url());
        let answer = http::get(&url, &[]).expect("the server answers");
        assert_eq!(answer.status, 200, "{}", answer.text());
        PublicKey::from_pem(answer.text()).expect("a public key")
    }
}
