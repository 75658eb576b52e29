//! Running a program to its end, with everything it said kept for the assertions.

use std::process::{Command, Stdio};

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output and standard error, one after the other.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails the test, showing everything, unless it exited with 0.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "exit code\n{}", self.said());
        self
    }

    /// Fails the test, showing everything, if it exited with 0.
    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        assert_ne!(self.code, 0, "exit code\n{}", self.said());
        self
    }

    /// Fails the test unless the text stands somewhere in what was said.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.said().contains(text),
            "no `{text}` in\n{}",
            self.said()
        );
        self
    }
}

/// Runs it with nothing on its standard input, so that no question can be asked.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
