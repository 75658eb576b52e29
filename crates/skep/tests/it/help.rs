//! What a newcomer reads first.

use std::{fmt::Write, process::Command};

use crate::support::{run::run, story::told};

const COMMANDS: [&str; 79] = [
    "",
    "demo",
    "init",
    "serve",
    "publish",
    "package",
    "package list",
    "package show",
    "package retire",
    "package unretire",
    "package delete",
    "product",
    "product create",
    "product list",
    "product show",
    "product edit",
    "customer",
    "customer create",
    "customer list",
    "customer show",
    "customer edit",
    "license",
    "license issue",
    "license list",
    "license show",
    "license explain",
    "license change",
    "license grant",
    "license suspend",
    "license resume",
    "license revoke",
    "license import",
    "key",
    "key create",
    "key list",
    "key rotate",
    "key revoke",
    "user",
    "user create",
    "user list",
    "user show",
    "user disable",
    "user enable",
    "user set-role",
    "user reset-password",
    "user reset-totp",
    "api-key",
    "api-key create",
    "api-key list",
    "api-key revoke",
    "job",
    "job list",
    "job retry",
    "job discard",
    "oauth-client",
    "oauth-client register",
    "oauth-client list",
    "oauth-client revoke",
    "usage",
    "audit",
    "doctor",
    "registry",
    "registry build",
    "registry verify",
    "registry sync",
    "import",
    "export",
    "login",
    "logout",
    "whoami",
    "search",
    "info",
    "repo",
    "repo add",
    "repo list",
    "repo remove",
    "fetch",
    "completions",
    "man",
];

#[test]
fn every_command_explains_itself() {
    let mut text = String::new();
    for command in COMMANDS {
        let mut skep = Command::new(env!("CARGO_BIN_EXE_skep"));
        let help = run(skep.args(command.split_whitespace()).arg("--help")).succeeded();
        let _ = write!(text, "$ skep {command} --help\n{}", told(&help));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn examples_are_never_broken_by_the_width_of_a_terminal() {
    for (command, example) in [
        (
            "",
            "skep license issue --customer rosa@example.com --product pro --plan lifetime",
        ),
        (
            "init",
            "skep init /srv/hex --name acme --url https://hex.acme.dev",
        ),
        (
            "license issue",
            "    --plan lifetime --json | jq -r .key.secret",
        ),
        (
            "publish",
            "skep publish acme_pro-1.0.0.tar --docs acme_pro-1.0.0-docs.tar.gz",
        ),
        (
            "repo add",
            "    --fetch-public-key SHA256:O1LOYhHFW4kcrblKAxROaDEzLD8bn1seWbe5tq8TRsk \\",
        ),
    ] {
        for flag in ["--help", "-h"] {
            let mut skep = Command::new(env!("CARGO_BIN_EXE_skep"));
            skep.args(command.split_whitespace()).arg(flag);
            run(skep.env("COLUMNS", "40")).succeeded().says(example);
        }
    }
}

#[test]
fn configuration_and_json_go_before_or_after_the_command() {
    let shop = crate::support::shop::Shop::init();
    let config = shop.repository().join("skep.toml");
    let config = config.to_str().expect("a UTF-8 path");
    for arguments in [
        ["--config", config, "--json", "package", "list"],
        ["package", "--config", config, "list", "--json"],
        ["package", "list", "--json", "--config", config],
    ] {
        let mut skep = Command::new(env!("CARGO_BIN_EXE_skep"));
        let ran = run(skep.args(arguments).env_remove("SKEP_CONFIG")).succeeded();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("[]\n", ""));
    }
}
