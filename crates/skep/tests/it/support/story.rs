//! A story: commands one after the other, with everything they said, as one text to compare.

use std::fmt::Write;

use super::{masked::masked, run::Ran, shop::Shop};

/// What was typed and what came back.
pub(crate) struct Story<'a> {
    shop: &'a Shop,
    text: String,
}

impl<'a> Story<'a> {
    pub(crate) fn of(shop: &'a Shop) -> Self {
        Self {
            shop,
            text: String::new(),
        }
    }

    /// Runs a command, with the arguments separated by spaces.
    #[track_caller]
    pub(crate) fn skep(&mut self, arguments: &str) -> Ran {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let ran = self.shop.skep(&arguments);
        let _ = writeln!(self.text, "$ skep {}", arguments.join(" "));
        self.text.push_str(&told(&ran));
        ran
    }

    /// Everything so far, without what differs from run to run.
    pub(crate) fn text(&self) -> String {
        let folder = self.shop.repository();
        let folder = folder
            .parent()
            .expect("it is in a folder")
            .display()
            .to_string();
        let address = self.shop.url.trim_start_matches("http://");
        masked(&self.text, &[(&folder, "[DIR]"), (address, "[ADDRESS]")])
    }
}

/// The exit code where it is not 0, standard output, and standard error marked by `!`.
pub(crate) fn told(ran: &Ran) -> String {
    let mut text = String::new();
    for line in ran.stdout.lines() {
        let _ = writeln!(text, "{line}");
    }
    for line in ran.stderr.lines() {
        let _ = writeln!(text, "! {line}");
    }
    if ran.code != 0 {
        let _ = writeln!(text, "exit code {}", ran.code);
    }
    text.push('\n');
    text
}
