//! What `backup`, `restore` and `db copy` have in common.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use skep_server::transfer::{Manifest, Progress};

use crate::output::has_terminal;

/// What people wait for, on one line that changes.
pub(super) struct Waiting(ProgressBar);

impl Waiting {
    pub(super) fn begin() -> Self {
        if !has_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg}").expect("the template is valid"),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    pub(super) fn show(&self, progress: Progress<'_>) {
        self.0.set_message(progress.to_string());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `12 releases, 40 licenses, 3 users, 100000 rows of usage`
pub(super) fn contents(manifest: &Manifest) -> String {
    let count = |table: &str, one: &str, many: &str| {
        let rows = manifest.rows(table);
        format!("{rows} {}", if rows == 1 { one } else { many })
    };
    [
        count("releases", "release", "releases"),
        count("customers", "customer", "customers"),
        count("licenses", "license", "licenses"),
        count("users", "user", "users"),
        count("usage", "row of usage", "rows of usage"),
    ]
    .join(", ")
}

/// `3.4 MB`
pub(super) fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}
