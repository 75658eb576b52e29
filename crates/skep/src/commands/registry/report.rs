//! What a build did, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

/// Up to this many files are named one by one; more only bury what matters.
const MAX_NAMED: usize = 50;

/// A file that something is wrong with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Fault {
    /// The file, relative to the repository.
    pub(super) file: String,
    /// What is wrong with it.
    pub(super) fault: String,
}

impl Fault {
    /// With everything that an error and its causes say.
    pub(super) fn new(file: impl ToString, error: &dyn std::error::Error) -> Self {
        let mut fault = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Many libraries repeat their cause in their own sentence.
            if !fault.ends_with(&text) {
                let _ = write!(fault, ": {text}");
            }
            cause = error.source();
        }
        Self {
            file: file.to_string(),
            fault,
        }
    }

    pub(super) fn text(file: impl ToString, fault: impl Into<String>) -> Self {
        Self {
            file: file.to_string(),
            fault: fault.into(),
        }
    }
}

/// What a build did. Paths are relative to the repository.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) repository: String,
    pub(super) packages: usize,
    pub(super) releases: usize,
    /// How many tarballs were read; the others were known.
    pub(super) tarballs_read: usize,
    pub(super) created: Vec<String>,
    pub(super) updated: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) faults: Vec<Fault>,
}

impl Report {
    /// One line a file, or one for each kind of change if there are many.
    pub(super) fn to_text(&self, directory: &Path) -> String {
        let mut text = String::new();
        let changes = [
            ("creating", &self.created),
            ("updating", &self.updated),
            ("removing", &self.removed),
        ];
        let total: usize = changes.iter().map(|(_, files)| files.len()).sum();
        for (verb, files) in changes {
            if total <= MAX_NAMED {
                for file in files {
                    let _ = writeln!(text, "* {verb} {}", directory.join(file).display());
                }
            } else if !files.is_empty() {
                let _ = writeln!(text, "* {verb} {}", count(files.len(), "file"));
            }
        }
        let (packages, releases) = (self.packages, self.releases);
        let state = if total == 0 { "up to date" } else { "built" };
        let _ = write!(
            text,
            "{state}: {} of {}, {} read",
            count(releases, "release"),
            count(packages, "package"),
            count(self.tarballs_read, "tarball")
        );
        text
    }
}

/// `1 file`, `2 files`
pub(in crate::commands) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}
