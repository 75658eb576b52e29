//! What an import did, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;
use skep_formats::name::RepositoryName;
use skep_server::catalog::import::{Action, Held, Offer, Plan};
use skep_server::catalog::publish::{Outcome, Published};
use skep_server::clock::Timestamp;
use skep_server::licensing::grant::ReleaseName;

use super::source::Source;
use crate::commands::registry::count;

/// Up to this many releases are named one by one; more only bury what matters.
const MAX_NAMED: usize = 50;
/// In a note.
const MAX_NOTED: usize = 10;

/// What was done, or would be.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    source: String,
    /// The fingerprint of the key that signed it.
    key: String,
    repository: RepositoryName,
    dry_run: bool,
    imported: Vec<Published>,
    replaced: Vec<Published>,
    pub(super) amended: Vec<Amended>,
    pub(super) deleted: Vec<ReleaseName>,
    unchanged: usize,
    /// What differs and waits for --replace.
    pub(super) held: Vec<Held>,
    only_here: Vec<ReleaseName>,
    /// Lines of a dry run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    would_do: Vec<String>,
    pub(super) failed: Vec<Failure>,
    pub(super) notes: Vec<String>,
}

/// A release that is here and was changed.
#[derive(Debug, Serialize)]
pub(super) struct Amended {
    #[serde(flatten)]
    pub(super) release: ReleaseName,
    pub(super) retired: bool,
    pub(super) published_at: Option<Timestamp>,
    pub(super) docs: bool,
}

/// Something that could not be taken.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    /// The release, or the file of the registry.
    pub(super) what: String,
    pub(super) error: String,
}

impl Report {
    pub(super) fn new(source: &Source, repository: &RepositoryName, is_dry: bool) -> Self {
        Self {
            source: source.place.clone(),
            key: source.key.fingerprint(),
            repository: repository.clone(),
            dry_run: is_dry,
            imported: Vec::new(),
            replaced: Vec::new(),
            amended: Vec::new(),
            deleted: Vec::new(),
            unchanged: 0,
            held: Vec::new(),
            only_here: Vec::new(),
            would_do: Vec::new(),
            failed: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn failed(&mut self, what: impl Into<String>, error: String) {
        let what = what.into();
        self.failed.push(Failure { what, error });
    }

    pub(super) fn taken(&mut self, published: Published) {
        let name = &published.release;
        let notes = published.notes.iter();
        self.notes
            .extend(notes.map(|note| format!("{name}: {note}")));
        match published.outcome {
            Outcome::Created => self.imported.push(published),
            Outcome::Replaced => self.replaced.push(published),
            // Another import was faster.
            Outcome::Unchanged => self.unchanged += 1,
        }
    }

    /// Takes over what is known before anything is done.
    pub(super) fn planned(&mut self, plan: &Plan) {
        self.unchanged = plan.unchanged;
        self.held.clone_from(&plan.held);
        self.only_here.clone_from(&plan.only_here);
        if !plan.undated.is_empty() {
            self.notes.push(format!(
                "{} no date and counts as published now: before you sell licenses with an update window, say \
                 the dates with --dates FILE.csv --replace",
                releases_have(plan.undated.len())
            ));
        }
        for held in &plan.held {
            self.notes.push(held_text(held));
        }
        if !plan.only_here.is_empty() {
            self.notes.push(format!(
                "{} only here: {}",
                match plan.only_here.len() {
                    1 => "one release is".to_owned(),
                    more => format!("{more} releases are"),
                },
                named(&plan.only_here)
            ));
        }
    }

    pub(super) fn would_do(
        &mut self,
        plan: &Plan,
        offers: &[Offer],
        (repository, deletes): (&RepositoryName, bool),
    ) {
        for step in &plan.steps {
            let name = offers[step.offer].name(repository);
            let verb = match step.action {
                Action::Add => "import",
                Action::Replace => "replace",
                Action::Amend(_) => "amend",
            };
            self.would_do.push(format!("{verb} {name}"));
        }
        if deletes {
            let lines = plan.only_here.iter();
            self.would_do
                .extend(lines.map(|release| format!("delete {release}")));
        }
    }

    /// One line a release if there are few, and a tally.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let lines = self.lines();
        if lines.len() <= MAX_NAMED {
            for line in lines {
                let _ = writeln!(text, "* {line}");
            }
        }
        let tally = match self.dry_run {
            true => format!("{} to do", self.would_do.len()),
            false => format!(
                "{} imported, {} replaced, {} amended, {} deleted",
                count(self.imported.len(), "release"),
                self.replaced.len(),
                self.amended.len(),
                self.deleted.len()
            ),
        };
        let (unchanged, held, failed) = (self.unchanged, self.held.len(), self.failed.len());
        let _ = write!(
            text,
            "{tally}, {unchanged} unchanged, {held} held back, {failed} failed; from {}, signed by {}",
            self.source, self.key
        );
        text
    }

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.would_do.clone();
        for (verb, releases) in [("imported", &self.imported), ("replaced", &self.replaced)] {
            lines.extend(releases.iter().map(|published| {
                let date = published.published_at.date();
                format!("{verb} {} of {date}", published.release)
            }));
        }
        let amended = self.amended.iter();
        lines.extend(
            amended.map(|amended| format!("amended {}{}", amended.release, amended.what())),
        );
        let deleted = self.deleted.iter();
        lines.extend(deleted.map(|release| format!("deleted {release}")));
        lines
    }
}

impl Amended {
    fn what(&self) -> String {
        let date = self.published_at.map(|at| format!("date {}", at.date()));
        let parts = [
            self.retired.then(|| "retirement".to_owned()),
            date,
            self.docs.then(|| "docs".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(": {}", parts.join(", ")),
        }
    }
}

fn releases_have(number: usize) -> String {
    match number {
        1 => "one release has".to_owned(),
        more => format!("each of {more} releases has"),
    }
}

fn held_text(held: &Held) -> String {
    match held {
        Held::Tarball {
            release,
            here,
            there,
        } => format!(
            "{release} has another tarball there (`{there}`, here `{here}`): --replace takes it, and builds that have it \
             locked stop until they are updated"
        ),
        Held::Date {
            release,
            here,
            there,
        } => format!(
            "{release} was published on {} there, and on {} here: --replace takes that date",
            there.date(),
            here.date()
        ),
    }
}

fn named(releases: &[ReleaseName]) -> String {
    let shown = releases.iter().take(MAX_NOTED).map(ToString::to_string);
    let shown = shown.collect::<Vec<_>>().join(", ");
    match releases.len().saturating_sub(MAX_NOTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
