//! Users, their API keys and the audit, command by command.

use std::io::Write;
use std::process::Stdio;

use crate::support::{run::Ran, shop::Shop, story::Story};

#[test]
fn users() {
    let shop = Shop::init();
    let mut story = Story::of(&shop);
    story.skep("user list").succeeded();
    story
        .skep("user create --username Rosa --email Rosa@example.com --role owner")
        .succeeded();
    story
        .skep("user create --username jo --email jo@example.com --role publisher --json")
        .succeeded();
    story
        .skep("user create --username jo --email other@example.com --role viewer")
        .failed();
    story.skep("user list").succeeded();
    story.skep("user show rosa@example.com").succeeded();
    story.skep("user set-role rosa viewer").failed();
    story.skep("user disable rosa").failed();
    story.skep("user set-role jo owner").succeeded();
    story.skep("user disable rosa").succeeded();
    story.skep("user enable rosa").succeeded();
    story.skep("user reset-password rosa").succeeded();
    story.skep("user reset-totp rosa").failed();
    story.skep("user show nobody").failed();
    story
        .skep("user create --username x --email x@example.com --role viewer")
        .failed();
    story
        .skep("user create --username xy --email x@example.com --role king")
        .failed();
    insta::assert_snapshot!(story.text());
}

#[test]
fn api_keys() {
    let shop = Shop::init();
    let mut story = Story::of(&shop);
    story.skep("api-key list").succeeded();
    story.skep("api-key create rosa").failed();
    shop.skep(&[
        "user",
        "create",
        "--username",
        "rosa",
        "--email",
        "rosa@example.com",
        "--role",
        "publisher",
    ])
    .succeeded();
    story.skep("api-key create rosa").succeeded();
    story
        .skep("api-key create rosa --name ci --permission api:read --permission repositories --expires 2099-01-31")
        .succeeded();
    story
        .skep("api-key create rosa --permission licenses:write --expires 2020-01-31")
        .succeeded();
    story
        .skep("api-key create rosa --permission everything")
        .failed();
    let json = story
        .skep("api-key create rosa --name json --json")
        .succeeded();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert!(json["secret"].as_str().unwrap().starts_with("ska_"));
    let id = json["id"].as_str().unwrap();
    story.skep(&format!("api-key revoke {id}")).succeeded();
    story.skep(&format!("api-key revoke {id}")).failed();
    story.skep("api-key list rosa").succeeded();
    insta::assert_snapshot!(story.text());
}

#[test]
fn the_audit() {
    let shop = Shop::init();
    let mut story = Story::of(&shop);
    story.skep("audit").succeeded();
    for words in [
        "user create --username rosa --email rosa@example.com --role owner",
        "api-key create rosa",
        "customer create --name Jo --email jo@example.com",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        shop.skep(&words).succeeded();
    }
    story.skep("audit").succeeded();
    story.skep("audit --action api_key").succeeded();
    story
        .skep("audit --action user.create --limit 1 --json")
        .succeeded();
    story.skep("audit --user rosa").succeeded();
    story.skep("audit --since 2099-01-01").succeeded();
    story.skep("audit --user nobody").failed();
    insta::assert_snapshot!(story.text());
}

fn create_with_password(shop: &Shop, name: &str, password: &str) -> Ran {
    let mut command = shop.command();
    let email = format!("{name}@example.com");
    command.args(["user", "create", "--username", name, "--email", &email]);
    command.args(["--role", "owner", "--password-stdin"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("skep runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(password.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_password_from_standard_input() {
    let shop = Shop::init();
    create_with_password(&shop, "rosa", "correct horse\n")
        .succeeded()
        .says("/login");
    shop.skep(&["user", "list"]).succeeded().says("active");
    create_with_password(&shop, "jo", "short")
        .failed()
        .says("at least 10 characters");
    create_with_password(&shop, "jo-example", "jo-example\n")
        .failed()
        .says("everybody knows those");
    create_with_password(&shop, "jo", "\n")
        .failed()
        .says("no password on standard input");
    shop.skep(&["user", "show", "jo"]).failed();
    let doctor = shop
        .skep(&["doctor"])
        .says("rosa may do everything with a password alone");
    assert!(!doctor.said().contains("correct horse"));
}
