//! `skep repo`

use crate::support::customer::Customer;
use crate::support::hex_server::{Answer, HexServer};
use crate::support::shop::Shop;

#[test]
fn naming_repositories() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    shop.serve();
    let fingerprint = shop.public_key().fingerprint();
    let url = shop.repository_url();
    let address = shop.url.trim_start_matches("http://").to_owned();
    let mut rosa = Customer::new().masking(&address, "[ADDRESS]");
    fs_err::write(rosa.folder().join("key.txt"), format!("{}\n", license.key)).expect("writable");
    rosa.skep("repo list").succeeded();
    rosa.skep(&format!(
        "repo add acme {url} --fetch-public-key {fingerprint} --auth-key-file key.txt"
    ))
    .succeeded();
    assert_eq!((rosa.mode("servers.toml"), rosa.mode(".")), (0o600, 0o700));
    rosa.skep("repo add acme:team --auth-key another")
        .succeeded();
    rosa.skep("repo list").succeeded();
    rosa.skep("repo list --json").succeeded();
    rosa.skep("repo remove acme").succeeded();
    rosa.skep("repo remove acme").failed();
    rosa.skep("repo list").succeeded();
    rosa.skep("repo remove acme:team").succeeded();
    rosa.skep("repo remove hexpm").failed();
    let story = rosa.story();
    assert!(!story.contains("skl_"), "{story}");
    insta::assert_snapshot!(story);
}

#[test]
fn a_key_may_come_from_the_environment_or_standard_input() {
    let mut shop = Shop::with_widget();
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    shop.serve();
    let key_file = shop.repository().join("public_key.pem");
    fs_err::write(&key_file, shop.public_key().to_pem()).expect("writable");
    let add = format!(
        "repo add acme {} --public-key {}",
        shop.repository_url(),
        key_file.display()
    );

    let mut rosa = Customer::new();
    rosa.set("SKEP_AUTH_KEY", &license.key);
    rosa.skep(&add).succeeded();
    rosa.set("SKEP_AUTH_KEY", "");
    rosa.skep("fetch widget --repo acme").succeeded();

    rosa.skep(&add).succeeded();
    rosa.skep("fetch widget --repo acme").failed();

    let mut command = rosa.command();
    command.args(add.split(' ')).args(["--auth-key-file", "-"]);
    command.stdin(std::process::Stdio::piped());
    let mut child = command.spawn().expect("skep can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut stdin, license.key.as_bytes()).expect("it reads");
    drop(stdin);
    assert!(child.wait().expect("it is our child").success());
    rosa.skep("fetch widget --repo acme").succeeded();
}

#[test]
fn a_repository_of_somebody_else_is_not_taken() {
    let mut shop = Shop::with_widget();
    shop.serve();
    let url = shop.repository_url();
    let address = shop.url.trim_start_matches("http://").to_owned();
    let page = HexServer::start(|_| {
        Answer::new(200, "<html>hello</html>").with("content-type", "text/html")
    });
    let page_address = page.url.trim_start_matches("http://").to_owned();
    let mut rosa = Customer::new()
        .masking(&address, "[ADDRESS]")
        .masking(&page_address, "[PAGE]");
    let wrong = "SHA256:O1LOYhHFW4kcrblKAxROaDEzLD8bn1seWbe5tq8TRsk";
    rosa.skep(&format!("repo add acme {url} --fetch-public-key {wrong}"))
        .failed();
    rosa.skep(&format!(
        "repo add acme {} --fetch-public-key {wrong}",
        page.url
    ))
    .failed();
    rosa.skep(&format!("repo add acme {url} --public-key missing.pem"))
        .failed();
    rosa.skep("repo list").succeeded();
    assert!(!rosa.config_folder().exists(), "nothing was kept");
    insta::assert_snapshot!(rosa.story());
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let mut rosa = Customer::new();
    for arguments in [
        "repo add acme",
        "repo add acme https://hex.acme.dev/repo",
        "repo add acme ftp://hex.acme.dev --public-key key.pem",
        "repo add acme https://hex.acme.dev/repo?key=x --public-key key.pem",
        "repo add acme:team https://hex.acme.dev/repo --public-key key.pem",
        "repo add acme:team --api-url https://hex.acme.dev/api",
        "repo add a/b https://hex.acme.dev/repo --public-key key.pem",
        "repo add hexpm --auth-key a --auth-key-file b",
        "repo remove a:b:c",
        "fetch UPPER",
        "fetch jason 1.x",
        "search",
        "search json --page 0",
        "login --server nowhere://x",
        "login --api-key-file key.txt --no-browser",
    ] {
        let ran = rosa.skep(arguments);
        assert_eq!(ran.code, 2, "{arguments}\n{}", ran.said());
    }
    assert!(!rosa.config_folder().exists(), "nothing was kept");
    insta::assert_snapshot!(rosa.story());
}

#[test]
fn a_damaged_file_of_servers_is_named_and_left_alone() {
    let mut rosa = Customer::new();
    fs_err::create_dir_all(rosa.config_folder()).expect("writable");
    let file = rosa.config_folder().join("servers.toml");
    let text = "[server.acme]\nurl = 7 # tell-nobody\n";
    fs_err::write(&file, text).expect("writable");
    for arguments in [
        "repo list",
        "repo add hexpm --auth-key x",
        "fetch jason",
        "whoami",
    ] {
        let ran = rosa.skep(arguments).failed().says("line 2");
        assert!(!ran.said().contains("tell-nobody"), "{}", ran.said());
    }
    assert_eq!(fs_err::read_to_string(&file).expect("it is there"), text);
    insta::assert_snapshot!(rosa.story());
}
