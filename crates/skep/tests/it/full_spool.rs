//! A disk without room for the spool: every customer is served, and every request is counted.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::{http, outside::setup::Setup, run::run, server::Server, shop::Shop};

/// No file of this process may grow, until somebody says otherwise; a write is an error, not the end.
const NO_ROOM: &str = "trap '' XFSZ; ulimit -S -f 0; exec \"$0\" \"$@\"";

/// `skep` on a disk without room.
fn without_room(shop: &Shop, arguments: &[&str]) -> Command {
    let skep = shop.command();
    let mut shell = Command::new("sh");
    shell.args(["-c", NO_ROOM]).arg(skep.get_program());
    for (name, value) in skep.get_envs() {
        shell.env(name, value.expect("no variable is removed"));
    }
    shell.args(arguments);
    shell
}

/// Everything that comes through a pipe: a log in a file would need room.
fn collect(pipe: std::io::PipeReader) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&text);
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut kept = kept.lock().expect("no thread panicked");
            kept.push_str(&line);
            kept.push('\n');
        }
    });
    text
}

#[test]
fn it_costs_no_answer_and_no_count() {
    if Setup::Large.is_for_another_run("with SQLite the database would have no room either") {
        return;
    }
    let shop = Shop::with_widget_on(Setup::Large);
    let license = shop.license("rosa@example.com", &["--plan", "lifetime"]);
    let address = shop.url.trim_start_matches("http://");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut serve = without_room(&shop, &["serve", "--listen", address]);
    serve.stdin(Stdio::null()).stdout(Stdio::null());
    let server = Server::start(
        serve.stderr(Stdio::from(writer)),
        &format!("{}/readyz", shop.url),
        Path::new("/dev/null"),
    );
    drop(serve);
    let log = collect(reader);
    let url = format!("{}/tarballs/widget-1.1.0.tar", shop.repository_url());
    let fetch = || {
        let answer = http::get(&url, &[("authorization", &license.key)]).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let says = |text: &str| log.lock().expect("no thread panicked").contains(text);
    fetch();
    for _ in 0..200 {
        if says("usage cannot be written to its spool") {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert!(says("usage cannot be written to its spool"), "{log:?}");
    fetch();
    let doctor = run(&mut without_room(&shop, &["doctor"]));
    assert_eq!(doctor.code, 1, "{}", doctor.said());
    doctor.says("FAIL spool").says("`spool_dir` in [usage]");

    let id = server.id().to_string();
    let mut room = Command::new("prlimit");
    run(room.args(["--pid", &id, "--fsize=unlimited"])).succeeded();
    fetch();
    drop(server);
    let usage = shop.skep(&["--json", "usage", "--by", "release", "--file", "tarball"]);
    let usage: serde_json::Value =
        serde_json::from_str(&usage.succeeded().stdout).expect("--json prints JSON");
    assert!(usage.to_string().contains("\"requests\":3"), "{usage}");
}
