//! The seller's own machine: stock mix publishes with `HEX_API_URL` and an API key.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::archives;
use super::support::run::{Ran, run};
use super::support::shop::{NAME, Shop};

/// A user with a project, `alpha`.
struct Seller {
    folder: TempDir,
    api: String,
    key: String,
}

impl Seller {
    /// A user of that role, and what `skep` printed for them.
    #[track_caller]
    fn new(shop: &Shop, name: &str, role: &str) -> Self {
        let email = format!("{name}@acme.example");
        let create = ["user", "create", "--username", name, "--email", &email];
        shop.skep(&[&create[..], &["--role", role]].concat())
            .succeeded();
        let made = shop
            .skep(&["--json", "api-key", "create", name])
            .succeeded();
        let made: Value = serde_json::from_str(&made.stdout).expect("--json prints JSON");
        let folder = TempDir::new().expect("a temporary folder");
        let project = r#"defmodule Alpha.MixProject do
  use Mix.Project

  def project do
    [
      app: :alpha,
      version: System.get_env("VERSION", "1.0.0"),
      description: "The package alpha",
      package: [licenses: ["Apache-2.0"], links: %{}],
      aliases: [docs: &docs/1]
    ]
  end

  defp docs(_) do
    File.mkdir_p!("doc")
    File.write!("doc/index.html", "<p>alpha</p>")
  end
end
"#;
        fs_err::create_dir_all(folder.path().join("app/lib")).expect("writable");
        fs_err::write(folder.path().join("app/mix.exs"), project).expect("writable");
        let code = "defmodule Alpha do\nend\n";
        fs_err::write(folder.path().join("app/lib/alpha.ex"), code).expect("writable");
        Self {
            folder,
            api: format!("{}/api", shop.url),
            key: made["secret"].as_str().expect("a secret").to_owned(),
        }
    }

    fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    fn mix(&self, arguments: &[&str]) -> Ran {
        self.mix_of("1.0.0", arguments)
    }

    fn mix_of(&self, version: &str, arguments: &[&str]) -> Ran {
        let home = self.folder.path();
        run(Command::new("mix")
            .args(arguments)
            .current_dir(self.app())
            .env("HOME", home)
            .env("HEX_HOME", home.join("hex"))
            .env("MIX_HOME", home.join("mix"))
            .env("MIX_ARCHIVES", archives())
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("HEX_API_URL", &self.api)
            .env("HEX_API_KEY", &self.key)
            .env("HEX_MIRROR_URL", "http://127.0.0.1:9")
            .env("VERSION", version)
            .env_remove("HEX_OFFLINE"))
    }
}

fn served() -> Shop {
    let mut shop = Shop::init();
    shop.serve();
    shop
}

#[test]
fn publishes_replaces_documents_and_reverts() {
    let shop = served();
    let rosa = Seller::new(&shop, "rosa", "publisher");
    rosa.mix(&["hex.publish", "--yes"])
        .succeeded()
        .says("Package published to")
        .says("alpha-1.0.0.tar.gz");
    rosa.mix(&["hex.publish", "package", "--yes"])
        .failed()
        .says("must include the --replace flag");
    rosa.mix(&["hex.publish", "package", "--yes", "--replace"])
        .succeeded();
    rosa.mix_of(
        "1.1.0",
        &["hex.publish", "package", "--yes", "--organization", NAME],
    )
    .succeeded();
    rosa.mix(&["hex.info", "alpha"])
        .succeeded()
        .says("{:alpha, \"~> 1.1\", repo: \"acme\"}");
    rosa.mix(&["hex.info", "alpha", "1.0.0"])
        .succeeded()
        .says("rosa");
    rosa.mix(&["hex.publish", "docs", "--revert", "1.0.0", "--yes"])
        .succeeded()
        .says("Reverted docs");
    rosa.mix(&["hex.publish", "--revert", "1.1.0", "--yes"])
        .succeeded()
        .says("Reverted alpha 1.1.0");
    shop.skep(&["package", "show", "alpha"])
        .succeeded()
        .says("1.0.0");
}

#[test]
fn what_is_wrong_is_said_in_the_terminal() {
    let shop = served();
    let mut rosa = Seller::new(&shop, "rosa", "publisher");
    let vic = Seller::new(&shop, "vic", "viewer");
    vic.mix(&["hex.publish", "package", "--yes"])
        .failed()
        .says("role is `viewer`");
    rosa.mix_of("1.0.0+build", &["hex.publish", "package", "--yes"])
        .failed()
        .says("build number not allowed");
    rosa.key.push('x');
    rosa.mix(&["hex.publish", "package", "--yes"])
        .failed()
        .says("Publishing failed");
}

#[test]
fn retires_and_shares_a_package() {
    let shop = served();
    let rosa = Seller::new(&shop, "rosa", "publisher");
    let vic = Seller::new(&shop, "vic", "viewer");
    rosa.mix(&["hex.publish", "package", "--yes"]).succeeded();
    let retire = ["hex.retire", "alpha", "1.0.0"];
    let reason = ["security", "--message", "a hole in it"];
    rosa.mix(&[&retire[..], &reason].concat()).succeeded();
    rosa.mix(&["hex.info", "alpha"]).says("(retired)");
    rosa.mix(&[&retire[..], &["--unretire"]].concat())
        .succeeded();
    let vics = "vic@acme.example";
    rosa.mix(&["hex.owner", "add", "alpha", vics, "--level", "maintainer"])
        .succeeded();
    rosa.mix(&["hex.owner", "list", "alpha"])
        .succeeded()
        .says("maintainer");
    vic.mix_of("1.1.0", &["hex.publish", "package", "--yes"])
        .succeeded();
    rosa.mix(&["hex.owner", "transfer", "alpha", vics])
        .succeeded();
    vic.mix(&["hex.owner", "packages"])
        .succeeded()
        .says("acme/alpha");
}

#[test]
fn makes_keys_for_a_repository() {
    let shop = served();
    let rosa = Seller::new(&shop, "rosa", "publisher");
    let organization = |rest: &[&str]| rosa.mix(&[&["hex.organization"][..], rest].concat());
    organization(&["key", NAME, "generate", "--key-name", "ci"])
        .succeeded()
        .says("ska_");
    organization(&["key", NAME, "list"]).succeeded().says("ci");
    organization(&["key", NAME, "revoke", "ci"]).succeeded();
    organization(&["auth", NAME, "--key", "ska_nothing"]).failed();
    rosa.mix(&["hex.user", "whoami"]).succeeded().says("rosa");
}
