//! `skep demo`: everything that it prints works when pasted.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::support::{http, run::run};

/// A running demonstration and what it printed.
struct Demo {
    child: Child,
    printed: String,
}

impl Demo {
    /// Returns once it has printed everything.
    fn start(arguments: &[&str]) -> Self {
        let mut skep = Command::new(env!("CARGO_BIN_EXE_skep"));
        skep.args(["demo", "--port", "0"])
            .args(arguments)
            .env_remove("SKEP_CONFIG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut demo = Self {
            child: skep.spawn().expect("it starts"),
            printed: String::new(),
        };
        let stdout = demo.child.stdout.take().expect("a pipe");
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("text");
            demo.printed.push_str(&line);
            demo.printed.push('\n');
            if line == "}" || line.ends_with(" usage") {
                return demo;
            }
        }
        panic!("it ended early:\n{}", demo.printed);
    }

    /// The lines under a heading that contains this.
    fn commands(&self, heading: &str) -> String {
        let mut parts = self.printed.split("\n\n");
        let part = parts.find(|part| {
            part.lines()
                .next()
                .is_some_and(|line| line.contains(heading))
        });
        part.unwrap_or_else(|| panic!("no part about {heading} in\n{}", self.printed))
            .to_owned()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Asked, so that it removes its folder.
        if matches!(self.child.try_wait(), Ok(None)) {
            run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        }
        self.child.wait().ok();
    }
}

#[test]
fn the_lines_for_curl_are_two_requests_that_work() {
    let demo = Demo::start(&[]);
    let part = demo.commands("curl");
    let lines: Vec<&str> = part
        .lines()
        .filter(|line| line.starts_with("curl "))
        .collect();
    let [with_key, without] = lines.as_slice() else {
        panic!("{part}");
    };
    let key = with_key
        .split("authorization: ")
        .nth(1)
        .and_then(|rest| rest.split('\'').next());
    let url = with_key.split(' ').next_back().expect("a URL");
    let answer = http::get(url, &[("authorization", key.expect("a key"))]).expect("an answer");
    assert_eq!(answer.status, 200);
    let url = without.split(' ').next_back().expect("a URL");
    let answer = http::get(url, &[]).expect("an answer");
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("license key"), "{}", answer.text());
}

#[test]
fn the_lines_for_rebar3_and_for_the_seller_work_when_pasted() {
    let demo = Demo::start(&[]);
    let home = tempfile::TempDir::new().expect("a temporary folder");
    let paste = |lines: &str| {
        let mut shell = Command::new("sh");
        run(shell
            .args(["-e", "-c", lines])
            .env("HOME", home.path())
            .current_dir(home.path()))
        .succeeded()
    };
    let said = paste(&demo.commands("rebar3")).said();
    assert!(said.contains("This code was bought"), "{said}");
    let usage = demo.commands("seller");
    for _ in 0..40 {
        if paste(&usage).stdout.contains("skep_demo") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    panic!("the download is not in the usage after 20 seconds");
}

impl Demo {
    /// The folder that it made, of what it printed with `--json`.
    fn folder(&self) -> PathBuf {
        let value: Value = serde_json::from_str(&self.printed).expect("JSON");
        let config = PathBuf::from(value["config"].as_str().expect("a path"));
        assert!(config.is_file());
        let folder = config.parent().and_then(Path::parent);
        folder.expect("it is in a folder").to_path_buf()
    }

    fn send(&self, signal: &str) {
        run(Command::new("kill").args([signal, &self.child.id().to_string()])).succeeded();
    }
}

#[test]
fn it_ends_when_asked_and_leaves_nothing() {
    for signal in ["-INT", "-HUP"] {
        let mut demo = Demo::start(&["--json"]);
        let folder = demo.folder();
        demo.send(signal);
        assert_eq!(demo.child.wait().expect("it ends").code(), Some(0));
        assert!(!folder.exists(), "{signal}");
    }
}

#[test]
fn a_second_ctrl_c_leaves_nothing_either() {
    let mut demo = Demo::start(&["--json"]);
    let folder = demo.folder();
    let value: Value = serde_json::from_str(&demo.printed).expect("JSON");
    let url = value["url"].as_str().expect("a URL");
    let address = url.trim_start_matches("http://").trim_end_matches("/repo");
    // A request that never ends keeps the server from finishing, once it has read the beginning.
    let mut connection = TcpStream::connect(address).expect("it listens");
    connection.write_all(b"GET / HTTP/1.1\r\n").expect("open");
    http::get(&format!("http://{address}/healthz"), &[]).expect("an answer");
    std::thread::sleep(Duration::from_secs(1));
    demo.send("-INT");
    while TcpStream::connect(address).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    demo.send("-INT");
    assert_eq!(demo.child.wait().expect("it ends").code(), Some(1));
    assert!(!folder.exists());
}

#[test]
fn nothing_that_is_pasted_stays_in_the_shell() {
    let demo = Demo::start(&[]);
    assert!(!demo.printed.contains("export "), "{}", demo.printed);
}
