//! A bar for whoever sits at a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::has_terminal;

/// Work that would be done before a bar is seen gets none.
const MIN_STEPS: usize = 500;

/// How far a stage of the build is. Gone when it is dropped.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn new(what: &'static str, steps: usize) -> Self {
        if steps < MIN_STEPS || !has_terminal() {
            return Self(None);
        }
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(steps as u64).with_style(style);
        Self(Some(bar.with_message(what)))
    }

    pub(crate) fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
