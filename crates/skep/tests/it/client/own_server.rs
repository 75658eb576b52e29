//! The API of our own server, with an API key and with a login.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use skep_server::accounts::users;
use skep_server::app::App;
use skep_server::clock::Clock;
use skep_server::config::Config;
use skep_server::db::audit::Actor;
use skep_server::oauth::logins::{self, Approver};

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

/// What the page does on which a person confirms the code, or refuses it.
async fn decide(shop: &Shop, user_code: &str, is_allowed: bool) {
    let config = Config::load(&shop.repository().join("skep.toml"), shop.environment());
    let config = config.expect("a configuration");
    let app = App::open(config, Clock::system())
        .await
        .expect("the database opens");
    let user = users::show(&app, "rosa").await.expect("she is there");
    let approver = Approver {
        user: &user,
        actor: &Actor::Cli,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let done = match is_allowed {
        true => logins::approve(&app, &approver, user_code, None).await,
        false => logins::deny(&app, &approver, user_code).await,
    };
    done.expect("a login waits with this code");
    app.db.close().await;
}

/// `skep login`, with the code confirmed or refused as soon as it is shown. The exit code, and what it said.
async fn log_in(shop: &Shop, rosa: &Customer, is_allowed: bool) -> (Option<i32>, String) {
    let mut command = rosa.command();
    command.args(["login", "--name", "rosas-machine", "--server", &shop.url]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("skep can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut said = String::new();
    let code = loop {
        let mut line = String::new();
        let length = lines.read_line(&mut line).expect("text");
        assert!(length > 0, "it ended without a code:\n{said}");
        said.push_str(&line);
        if let Some(code) = line.strip_prefix("and compare the code: ") {
            break code.trim().to_owned();
        }
    };
    decide(shop, &code, is_allowed).await;
    lines.read_to_string(&mut said).expect("text");
    let output = child.wait_with_output().expect("it is our child");
    said.push_str(&String::from_utf8_lossy(&output.stdout));
    (output.status.code(), said)
}

#[tokio::test]
async fn a_login_on_its_page() {
    let (shop, _) = shop_with_publisher();
    let mut rosa = publisher(&shop);
    let at = format!("--server {}", shop.url);
    let (code, said) = log_in(&shop, &rosa, false).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("refused on the server's page"), "{said}");

    let (code, said) = log_in(&shop, &rosa, true).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with("rosa\n"), "{said}");
    rosa.skep(&format!("whoami {at}")).succeeded().says("rosa");
    // A person without a second factor looks, but publishes nothing.
    rosa.skep(&format!("publish gadget.tar {at}"))
        .failed()
        .says("403 Forbidden")
        .says("Two-factor authentication must be enabled");
    rosa.skep(&format!("logout {at}"))
        .succeeded()
        .says("Logged out");
    rosa.skep(&format!("whoami {at}"))
        .failed()
        .says("nobody is logged in");
    shop.skep(&["package", "show", "gadget"]).failed();
}
