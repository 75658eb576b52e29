//! `skep fetch`, from our own server and from one that tampers with what it says.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::customer::Customer;
use crate::support::hex_server::{Answer, Asked, HexServer};
use crate::support::http;
use crate::support::package::Package;
use crate::support::run::run;
use crate::support::shop::Shop;

/// A shop that serves, and a customer who knows it as `acme`, with a key for the license.
fn shop_and_customer(terms: &[&str]) -> (Shop, Customer) {
    let mut shop = Shop::with_widget();
    shop.publish(&Package::new("widget", "2.0.0-rc.1"), "2024-09-01");
    let license = shop.license("rosa@example.com", terms);
    shop.serve();
    let rosa = customer(&shop, &shop.repository_url(), Some(&license.key));
    (shop, rosa)
}

fn customer(shop: &Shop, url: &str, key: Option<&str>) -> Customer {
    let address = shop.url.trim_start_matches("http://").to_owned();
    let mut rosa = Customer::new().masking(&address, "[ADDRESS]");
    let pem = rosa.folder().with_file_name("acme.pem");
    fs_err::write(&pem, shop.public_key().to_pem()).expect("writable");
    let mut add = rosa.command();
    add.args(["repo", "add", "acme", url, "--public-key"])
        .arg(&pem);
    if let Some(key) = key {
        add.env("SKEP_AUTH_KEY", key);
    }
    run(&mut add).succeeded();
    rosa.skep("repo list --json").succeeded();
    rosa.forget();
    rosa
}

#[test]
fn with_a_license_key() {
    let (_shop, mut rosa) = shop_and_customer(&["--plan", "lifetime"]);
    rosa.skep("fetch widget --repo acme").succeeded();
    rosa.skep("fetch widget 2.0.0-rc.1 --repo acme -o some/folder")
        .succeeded();
    rosa.skep("fetch widget 1.0.0 --repo acme --json")
        .succeeded();
    rosa.skep("fetch widget 1.0.0 --repo acme --unpack -o vendor")
        .succeeded();
    rosa.skep("fetch widget 1.0.0 --repo acme --unpack -o vendor")
        .failed();
    rosa.skep("fetch widget 9.9.9 --repo acme").failed();
    rosa.skep("fetch gadget --repo acme").failed();
    rosa.skep("fetch widget --repo other").failed();
    assert_eq!(
        rosa.files("."),
        ["some", "vendor", "widget-1.0.0.tar", "widget-1.1.0.tar"]
    );
    assert_eq!(rosa.files("some/folder"), ["widget-2.0.0-rc.1.tar"]);
    assert_eq!(rosa.files("vendor"), ["widget-1.0.0"]);
    let content = ["hex_metadata.config", "rebar.config", "src"];
    assert_eq!(rosa.files("vendor/widget-1.0.0"), content);
    let tarball = fs_err::read(rosa.folder().join("widget-1.1.0.tar")).expect("it is there");
    assert_eq!(tarball, Package::new("widget", "1.1.0").tarball());
    insta::assert_snapshot!(rosa.story());
}

#[test]
fn a_release_that_should_not_be_used_is_said_to_be() {
    let (shop, mut rosa) = shop_and_customer(&["--plan", "lifetime"]);
    let retire = [
        "package",
        "retire",
        "widget",
        "1.1.0",
        "security",
        "--message",
        "Upgrade",
    ];
    shop.skep(&retire).succeeded();
    thread::sleep(Duration::from_secs(1));
    rosa.skep("fetch widget --repo acme")
        .succeeded()
        .says("widget-1.0.0.tar");
    let ran = rosa.skep("fetch widget 1.1.0 --repo acme").succeeded();
    assert_eq!(ran.stderr, "note: 1.1.0 is retired (security): Upgrade\n");
}

#[test]
fn a_refusal_is_in_the_servers_own_words() {
    let (shop, mut rosa) =
        shop_and_customer(&["--plan", "subscription", "--access-until", "2024-12-31"]);
    rosa.skep("fetch widget --repo acme").failed();
    assert_eq!(rosa.files("."), Vec::<String>::new());
    let mut nobody = customer(&shop, &shop.repository_url(), None);
    let mut mistyped = customer(&shop, &shop.repository_url(), Some("skl_mistyped"));
    for other in [&mut nobody, &mut mistyped] {
        other.skep("fetch widget --repo acme").failed();
        other
            .skep("fetch widget 1.0.0 --repo acme --unpack")
            .failed();
        assert_eq!(other.files("."), Vec::<String>::new());
    }
    let stories = [rosa.story(), nobody.story(), mistyped.story()];
    assert!(!stories.join("").contains("skl_mistyped"));
    insta::assert_snapshot!(stories.join("\n# another customer\n\n"));
}

/// Stands between a customer and the shop.
fn in_between(
    shop: &Shop,
    change: impl Fn(&Asked, &mut Answer) + Send + Sync + 'static,
) -> HexServer {
    let url = shop.url.clone();
    HexServer::start(move |asked| {
        let headers = [("authorization", asked.header("authorization"))];
        let found = http::get(&format!("{url}{}", asked.path), &headers).expect("an answer");
        let mut answer = Answer::new(found.status, found.body);
        change(asked, &mut answer);
        answer
    })
}

#[test]
fn what_was_tampered_with_does_not_appear() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    shop.serve();
    let is_tarball = |asked: &Asked| asked.path.contains("/tarballs/");
    let other_tarball = in_between(&shop, move |asked, answer| {
        if is_tarball(asked) {
            answer.body = Package::new("widget", "1.1.0")
                .described("Another")
                .tarball();
        }
    });
    let other_registry = in_between(&shop, move |asked, answer| {
        if !is_tarball(asked) {
            let middle = answer.body.len() / 2;
            answer.body[middle] ^= 1;
        }
    });
    let cut_registry = in_between(&shop, move |asked, answer| {
        if !is_tarball(asked) {
            answer.body.truncate(answer.body.len() / 2);
        }
    });
    let a_page = in_between(&shop, |_, answer| {
        *answer = Answer::new(200, "<html>Pay here</html>").with("content-type", "text/html");
    });
    for server in [other_tarball, other_registry, cut_registry, a_page] {
        let mut rosa = customer(&shop, &format!("{}/repo", server.url), Some(&license.key));
        for unpack in ["", " --unpack"] {
            let ran = rosa
                .skep(&format!("fetch widget 1.1.0 --repo acme{unpack}"))
                .failed();
            assert!(ran.stderr.contains(&server.url), "{}", ran.stderr);
            assert!(!ran.said().contains(&license.key), "{}", ran.said());
            assert_eq!(
                (ran.code, rosa.files(".")),
                (1, Vec::new()),
                "{}",
                ran.stderr
            );
        }
    }
}

#[test]
fn a_repository_must_be_the_one_that_was_named() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    shop.serve();
    let mut rosa = customer(&shop, &shop.repository_url(), Some(&license.key));
    let pem = rosa.folder().with_file_name("acme.pem");
    let add = format!(
        "repo add other {} --public-key {}",
        shop.repository_url(),
        pem.display()
    );
    rosa.set("SKEP_AUTH_KEY", &license.key);
    rosa.skep(&add).succeeded();
    rosa.skep("fetch widget --repo other")
        .failed()
        .says("it belongs to the repository `acme`, not to `other`");
    assert_eq!(rosa.files("."), Vec::<String>::new());
}

#[test]
fn whoever_interrupts_it_leaves_nothing_behind() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    shop.serve();
    let slow = in_between(&shop, |asked, answer| {
        if asked.path.contains("/tarballs/") {
            answer.body.truncate(1000);
            answer.stalls = Some(Duration::from_secs(20));
        }
    });
    let rosa = customer(&shop, &format!("{}/repo", slow.url), Some(&license.key));
    for (signal, arguments) in [("-INT", vec![]), ("-TERM", vec!["--unpack"])] {
        let mut command = rosa.command();
        command
            .args(["fetch", "widget", "--repo", "acme"])
            .args(arguments);
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
        let child = child.expect("skep can be started");
        for _ in 0..200 {
            if !rosa.files(".").is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(rosa.files(".").len(), 1, "it is being written");
        run(Command::new("kill").args([signal, &child.id().to_string()])).succeeded();
        let output = child.wait_with_output().expect("it is our child");
        assert_eq!(output.status.code(), Some(1), "{signal}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "error: interrupted\n"
        );
        assert_eq!(rosa.files("."), Vec::<String>::new(), "{signal}");
    }
}
