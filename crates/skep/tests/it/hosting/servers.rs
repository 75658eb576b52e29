//! Other servers: with a key, below `/repos/NAME`, and changing while both are alive.

use std::path::PathBuf;

use super::*;

/// A server with widget 1.0.0 and 1.1.0, its fingerprint, and a file with a key for it.
fn server() -> (Shop, String, PathBuf) {
    let mut shop = Shop::with_widget();
    let retire = ["package", "retire", "widget", "1.0.0", "security"];
    shop.skep(&[&retire[..], &["--message", "CVE-2024-1"]].concat())
        .succeeded();
    let license = shop.license("seller@example.com", &["--plan", "lifetime"]);
    shop.serve();
    let key = shop.repository().with_file_name("license-key");
    fs_err::write(&key, &license.key).unwrap();
    let fingerprint = shop.public_key().fingerprint();
    (shop, fingerprint, key)
}

#[test]
fn another_server_is_taken_over_with_its_dates_and_retirements() {
    let (old, fingerprint, key) = server();
    let shop = new_shop();
    let url = old.repository_url();
    let key = key.to_str().unwrap();
    let arguments = [
        &*url,
        "--auth-key-file",
        key,
        "--fetch-public-key",
        &fingerprint,
    ];
    shop.license(
        "rosa@example.com",
        &["--plan", "perpetual", "--updates-until", "2024-03-01"],
    );
    let done = imported(&shop, &arguments);
    assert_eq!(names(&done["imported"]), ["widget 1.0.0", "widget 1.1.0"]);
    let first = release(&shop, "widget", "1.0.0");
    assert_eq!(
        first["published_at"],
        release(&old, "widget", "1.0.0")["published_at"]
    );
    assert_eq!(first["retirement"]["message"], "CVE-2024-1", "{first}");
    assert_eq!(
        stored(&shop, "widget", "1.0.0"),
        stored(&old, "widget", "1.0.0")
    );
    assert_eq!(imported(&shop, &arguments)["unchanged"], 2);
    // The old one lives on.
    let retire = ["package", "retire", "widget", "1.1.0", "deprecated"];
    old.skep(&retire).succeeded();
    old.publish(&Package::new("widget", "1.2.0"), "2024-09-01");
    let seen = || {
        let plan = imported(&shop, &[&arguments[..], &["--dry-run"]].concat());
        plan["would_do"].as_array().map_or(0, Vec::len)
    };
    let is_seen = (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        seen() == 2
    });
    assert!(is_seen, "the old server shows what was changed");
    let next = imported(&shop, &arguments);
    assert_eq!(names(&next["imported"]), ["widget 1.2.0"]);
    assert_eq!(names(&next["amended"]), ["widget 1.1.0"]);
    let retired = release(&shop, "widget", "1.1.0");
    assert_eq!(retired["retirement"]["reason"], "deprecated", "{retired}");
}

#[test]
fn a_server_has_to_be_known_by_its_key() {
    let (old, fingerprint, key) = server();
    let shop = new_shop();
    let url = old.repository_url();
    let key = key.to_str().unwrap();
    shop.skep(&["import", &url, "--auth-key-file", key])
        .failed()
        .says("whether `")
        .says(&format!("--fetch-public-key {fingerprint}"));
    shop.skep(&[
        "import",
        &url,
        "--auth-key-file",
        key,
        "--fetch-public-key",
        "SHA256:x",
    ])
    .failed()
    .says("not `SHA256:x`");
    shop.skep(&["import", &url, "--fetch-public-key", &fingerprint])
        .failed()
        .says("401")
        .says("--auth-key-file");
    shop.skep(&["package", "show", "widget"]).failed();
}

/// A server with gadget 1.0.0 in the repository `second`, and a file with a key for it.
fn server_with_second() -> (Shop, PathBuf) {
    let (mut shop, _, _) = server();
    let own = shop.repository().join("second.pem");
    fs_err::copy(golden("keys/rsa2048.pem"), &own).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(&own, std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = shop.repository().join("skep.toml");
    let mut text = fs_err::read_to_string(&config).unwrap();
    text.push_str("\n[[repository]]\nname = \"second\"\nprivate_key_file = \"second.pem\"\n");
    fs_err::write(&config, text).unwrap();
    shop.serve();
    let file = shop.repository().with_file_name("gadget-1.0.0.tar");
    fs_err::write(&file, Package::new("gadget", "1.0.0").tarball()).unwrap();
    let second = ["--repository", "second"];
    let publish = [
        "publish",
        file.to_str().unwrap(),
        "--published-at",
        "2024-02-02",
    ];
    shop.skep(&[&publish[..], &second].concat()).succeeded();
    let product = ["product", "create", "more", "--package", "*"];
    shop.skep(&[&product[..], &second].concat()).succeeded();
    let issue = ["--json", "license", "issue", "--plan", "lifetime"];
    let whom = ["--customer", "seller@example.com", "--product", "more"];
    let issued = json(shop.skep(&[&issue[..], &whom].concat()));
    let key = shop.repository().with_file_name("second-key");
    fs_err::write(&key, issued["key"]["secret"].as_str().unwrap()).unwrap();
    (shop, key)
}

#[test]
fn a_repository_below_another_is_taken_over() {
    let (old, key) = server_with_second();
    let fingerprint = fs_err::read_to_string(golden("keys/rsa2048.fingerprint")).unwrap();
    let url = format!("{}/repos/second", old.repository_url());
    let shop = new_shop();
    let options = ["--auth-key-file", key.to_str().unwrap()];
    let trust = ["--fetch-public-key", fingerprint.trim()];
    let ran = shop.skep(&[&["import", &url], &options[..], &trust].concat());
    ran.succeeded()
        .says("the repository is called `second` there and `acme` here")
        .says("it is signed with another key here");
    let found = release(&shop, "gadget", "1.0.0");
    assert_eq!(&found["published_at"].as_str().unwrap()[..10], "2024-02-02");
}
