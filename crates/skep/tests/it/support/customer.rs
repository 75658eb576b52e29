//! Somebody who fetches packages, with a home directory of their own, and the story of what they typed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::masked::masked;
use super::run::{Ran, run};
use super::story::told;

/// Knows nothing of any repository at first.
#[derive(Debug)]
pub(crate) struct Customer {
    home: TempDir,
    environment: Vec<(String, String)>,
    masks: Vec<(String, String)>,
    text: String,
}

impl Customer {
    pub(crate) fn new() -> Self {
        Self {
            home: TempDir::new().expect("a temporary folder"),
            environment: Vec::new(),
            masks: Vec::new(),
            text: String::new(),
        }
    }

    /// Shows `text` as `mask` in the story.
    pub(crate) fn masking(mut self, text: &str, mask: &str) -> Self {
        self.masks.push((text.to_owned(), mask.to_owned()));
        self
    }

    /// Sets a variable of the environment for the commands that follow.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Where they are when they type.
    pub(crate) fn folder(&self) -> PathBuf {
        let folder = self.home.path().join("project");
        fs_err::create_dir_all(&folder).expect("writable");
        folder
    }

    /// Where `skep` keeps what it knows.
    pub(crate) fn config_folder(&self) -> PathBuf {
        self.home.path().join("config").join("skep")
    }

    /// What lies in a folder below the one they are in, hidden files too.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs_err::read_dir(self.folder().join(folder)).expect("it is there");
        let name = |entry: std::io::Result<fs_err::DirEntry>| {
            let name = entry.expect("readable").file_name();
            name.into_string().expect("UTF-8")
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// `skep`, as they start it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
        self.prepare(&mut command);
        command
    }

    /// Puts a program where they are.
    pub(crate) fn prepare(&self, command: &mut Command) {
        for name in [
            "SKEP_CONFIG",
            "SKEP_AUTH_KEY",
            "SKEP_API_KEY",
            "BROWSER",
            "DISPLAY",
        ] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .envs(self.environment.iter().cloned())
            .current_dir(self.folder());
    }

    /// Runs `skep`, with the arguments separated by spaces, and keeps what it said for the story.
    #[track_caller]
    pub(crate) fn skep(&mut self, arguments: &str) -> Ran {
        let ran = run(self.command().args(arguments.split_whitespace()));
        let _ = writeln!(self.text, "$ skep {arguments}\n{}", told(&ran).trim_end());
        self.text.push('\n');
        ran
    }

    /// Runs `skep` at a terminal of its own, where `input` is typed. Gives its exit code and what was on the screen.
    #[track_caller]
    pub(crate) fn at_a_terminal(&self, arguments: &str, input: &str) -> (i32, String) {
        let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_skep"));
        let mut script = Command::new("script");
        self.prepare(&mut script);
        script
            .args(["-qec", &command, "/dev/null"])
            .env("TERM", "dumb");
        script.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().expect("script can be started");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it is our child");
        drop(stdin);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().unwrap_or(-1), text)
    }

    /// Begins a new story.
    pub(crate) fn forget(&mut self) {
        self.text.clear();
    }

    /// Everything so far, without what differs from run to run.
    pub(crate) fn story(&self) -> String {
        let home = self.home.path().display().to_string();
        let masks = self
            .masks
            .iter()
            .map(|(text, mask)| (text.as_str(), mask.as_str()));
        let masks: Vec<(&str, &str)> = masks.chain([(home.as_str(), "[HOME]")]).collect();
        masked(&self.text, &masks)
    }

    /// The permissions of a file that `skep` keeps, on Unix.
    #[cfg(unix)]
    pub(crate) fn mode(&self, file: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        let path: &Path = &self.config_folder().join(file);
        let metadata = fs_err::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    }
}
