//! Bringing a repository of plain files to a place, with a bar for people and a report for everybody.

use std::fmt::Write as _;

use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use skep_server::files::{Tree, TreePath};
use skep_server::mirror::{self, MirrorError, Plan};

use super::registry::count;
use crate::output::{has_terminal, hint};

/// Up to this many files are named one by one; more only bury what matters.
const MAX_NAMED: usize = 50;

/// What was done, or would be. Paths are relative to the place.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) destination: String,
    pub(super) repository: String,
    pub(super) dry_run: bool,
    pub(super) written: Vec<String>,
    pub(super) written_bytes: u64,
    pub(super) deleted: Vec<String>,
    /// What nobody wants there anymore, and stays.
    pub(super) left: Vec<String>,
    pub(super) unchanged: usize,
}

impl Report {
    pub(super) fn new(destination: &str, repository: &str, plan: &Plan, is_dry: bool) -> Self {
        let paths = |paths: &[TreePath]| paths.iter().map(TreePath::path).collect();
        Self {
            destination: destination.to_owned(),
            repository: repository.to_owned(),
            dry_run: is_dry,
            written: plan.put.iter().map(|wanted| wanted.path.path()).collect(),
            written_bytes: plan.put.iter().map(|wanted| wanted.size_bytes).sum(),
            deleted: paths(&plan.delete),
            left: paths(&plan.left),
            unchanged: plan.unchanged,
        }
    }

    /// One line a file, or one for each kind of change if there are many.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let verbs = match self.dry_run {
            true => ["would write", "would delete"],
            false => ["writing", "deleting"],
        };
        let total = self.written.len() + self.deleted.len();
        for (verb, files) in verbs.into_iter().zip([&self.written, &self.deleted]) {
            if total <= MAX_NAMED {
                for file in files {
                    let _ = writeln!(text, "* {verb} {file}");
                }
            } else if !files.is_empty() {
                let _ = writeln!(text, "* {verb} {}", count(files.len(), "file"));
            }
        }
        let (written, deleted) = (self.written.len(), self.deleted.len());
        let state = match (total, self.dry_run) {
            (0, _) => "up to date",
            (_, true) => "a dry run",
            (_, false) => "done",
        };
        let _ = write!(
            text,
            "{state}: {} written, {deleted} deleted, {} unchanged in {}",
            count(written, "file"),
            self.unchanged,
            self.destination
        );
        text
    }

    pub(super) fn notes(&self) -> Vec<String> {
        match self.left.len() {
            0 => Vec::new(),
            left => vec![format!(
                "{} there that the registry does not have anymore, such as `{}`: the index does not name them, but whoever knows \
                 their names still gets them; --delete removes them",
                match left {
                    1 => "one file is".to_owned(),
                    more => format!("{more} files are"),
                },
                self.left[0]
            )],
        }
    }
}

/// Does what was planned.
pub(super) async fn carry_out<R, E>(
    tree: &Tree,
    plan: &Plan,
    read: impl Fn(TreePath) -> R,
) -> anyhow::Result<()>
where
    R: Future<Output = Result<Bytes, E>>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let bar = bar(plan.put.len() + plan.delete.len());
    let done = mirror::carry_out(tree, plan, read, |_| bar.inc(1)).await;
    bar.finish_and_clear();
    done.map_err(|error| match error {
        MirrorError::Files(error) if error.is_away() => hint(
            error,
            "the same command goes on where this ended, once the store answers",
        ),
        error => explained(error),
    })
}

/// With what to do about it.
pub(super) fn explained(error: MirrorError) -> anyhow::Error {
    let advice = match &error {
        MirrorError::AnotherRepository { .. } | MirrorError::AnotherKey { .. } => {
            "correct the place; if this one is meant, --force replaces what is there"
        }
        MirrorError::TarballsDiffer { .. } => {
            "publish the change as a new version; --force replaces them, and builds that have them locked stop until \
             `mix deps.update` or `rebar3 upgrade`"
        }
        MirrorError::Files(_) | MirrorError::SourceChanged(_) | MirrorError::Source { .. } => {
            return error.into();
        }
    };
    hint(error, advice)
}

/// Only for people, and only where there is something to wait for.
pub(super) fn bar(steps: usize) -> ProgressBar {
    if steps < 2 || !has_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}").expect("a valid template");
    ProgressBar::new(steps as u64).with_style(style)
}
