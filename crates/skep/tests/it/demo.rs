//! `skep demo`: everything that it prints works when pasted.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
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

#[test]
fn it_ends_when_asked_and_leaves_nothing() {
    let mut demo = Demo::start(&["--json"]);
    let value: Value = serde_json::from_str(&demo.printed).expect("JSON");
    let config = Path::new(value["config"].as_str().expect("a path")).to_path_buf();
    assert!(config.is_file());
    run(Command::new("kill").args(["-INT", &demo.child.id().to_string()])).succeeded();
    assert_eq!(demo.child.wait().expect("it ends").code(), Some(0));
    let folder = config
        .parent()
        .and_then(Path::parent)
        .expect("it is in a folder");
    assert!(!folder.exists());
}
