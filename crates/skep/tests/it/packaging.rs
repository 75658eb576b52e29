//! What is in `packaging/` fits what the binary takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::run::run;

fn packaged(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    fs_err::read_to_string(root.join(name)).expect("it is there")
}

/// The values of a key in a unit, in order.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    let value = |line: &'a str| line.strip_prefix(key)?.strip_prefix('=');
    unit.lines().filter_map(value).collect()
}

/// Every option of a command line, and every command, is one that there is.
#[track_caller]
fn is_understood(arguments: &[&str]) {
    let command = arguments[0];
    let mut skep = Command::new(env!("CARGO_BIN_EXE_skep"));
    let help = run(skep.args([command, "--help"])).succeeded().stdout;
    for option in arguments.iter().filter(|word| word.starts_with("--")) {
        assert!(
            help.contains(&format!("{option} ")),
            "{command} has no {option}"
        );
    }
}

#[test]
fn the_unit_starts_what_there_is() {
    let unit = packaged("skep.service");
    let [start] = values(&unit, "ExecStart")[..] else {
        panic!("one ExecStart");
    };
    let words: Vec<_> = start.split_whitespace().collect();
    assert_eq!(words[0], "/usr/local/bin/skep");
    is_understood(&words[1..]);
    assert_eq!(words[1], "serve");
    // It tells systemd when it is ready; and a stop takes the grace, the drain and some seconds more.
    assert_eq!(values(&unit, "Type"), ["notify"]);
    let seconds: u32 = values(&unit, "TimeoutStopSec")[0].parse().expect("seconds");
    assert!(seconds >= 5 + 25 + 10, "{seconds}");
    let state = format!("/var/lib/{}", values(&unit, "StateDirectory")[0]);
    assert_eq!(values(&unit, "WorkingDirectory"), [&*state]);
    assert_eq!(
        values(&unit, "Environment"),
        [format!("SKEP_CONFIG={state}/skep.toml")]
    );
}

#[test]
fn systemd_understands_the_units() {
    let dir = tempfile::tempdir().expect("a directory");
    let unit = packaged("skep.service")
        .replace("/usr/local/bin/skep", env!("CARGO_BIN_EXE_skep"))
        .replace("User=skep", "User=root")
        .replace("Group=skep", "Group=root");
    let files = [
        ("skep.service", unit),
        ("skep.socket", packaged("skep.socket")),
    ];
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, _)| dir.path().join(name))
        .collect();
    for ((_, text), path) in files.iter().zip(&paths) {
        fs_err::write(path, text).expect("it can be written");
    }
    let mut analyze = Command::new("systemd-analyze");
    if analyze.arg("--version").output().is_err() {
        // A machine without systemd has nobody to ask.
        return;
    }
    let mut analyze = Command::new("systemd-analyze");
    let ran = run(analyze.arg("verify").args(&paths)).succeeded();
    assert_eq!(ran.said(), "");
}

#[test]
fn the_image_starts_what_there_is_and_checks_where_it_listens() {
    let text = packaged("Dockerfile").replace("\\\n", " ");
    let list = |key: &str| -> Vec<String> {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .expect(key);
        serde_json::from_str(line.trim()).expect("a list of texts")
    };
    assert_eq!(list("ENTRYPOINT "), ["skep"]);
    let command = list("CMD ");
    is_understood(&command.iter().map(String::as_str).collect::<Vec<_>>());
    let keys: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| !word.starts_with('#'))
        .collect();
    for key in ["FROM", "USER", "VOLUME", "HEALTHCHECK", "STOPSIGNAL"] {
        assert!(keys.contains(key), "no {key}");
    }
    for port in [
        "SKEP_SERVER__LISTEN=0.0.0.0:4000",
        "EXPOSE 4000",
        "/dev/tcp/127.0.0.1/4000",
    ] {
        assert!(text.contains(port), "no {port}");
    }
}

/// The image's own check of health, run by the same bash against a server.
#[test]
fn the_image_s_health_check_works() {
    let mut shop = crate::support::shop::Shop::init();
    let text = packaged("Dockerfile").replace("\\\n", " ");
    let (_, rest) = text.split_once("HEALTHCHECK").expect("a check");
    let (_, rest) = rest.split_once("CMD ").expect("a command");
    let line = rest.lines().next().expect("a line");
    let check: Vec<String> = serde_json::from_str(line.trim()).expect("a list of texts");
    let port = shop.url.rsplit(':').next().expect("a port").to_owned();
    let script = check[2].replace("127.0.0.1/4000", &format!("127.0.0.1/{port}"));
    let bash = |script: &str| run(Command::new(&check[0]).args([&check[1], script]));
    bash(&script).failed();
    shop.serve();
    bash(&script).succeeded();
}
