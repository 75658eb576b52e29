//! What people and programs see: data on stdout, talk on stderr, color and tables only for people.
//! Nothing else in this crate writes to the terminal.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Output for people, or as JSON for programs.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether a program reads along.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// What was asked for: `value` as JSON, or `text` for people.
    pub(crate) fn result(self, value: &impl Serialize, text: impl FnOnce() -> String) -> io::Result<()> {
        if self.json { self.json(value) } else { self.data(text()) }
    }

    /// A value as JSON on stdout.
    pub(crate) fn json(self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.data(text)
    }

    /// Text on stdout, with a newline.
    pub(crate) fn data(self, text: impl Display) -> io::Result<()> {
        let mut stdout = anstream::stdout().lock();
        writeln!(stdout, "{text}")?;
        stdout.flush()
    }

    /// Talk on stderr: what is being done, notes, what to do next.
    pub(crate) fn talk(self, text: impl Display) {
        // Nobody can be told that stderr is closed.
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }
}

/// An error, its causes and what they say to do, on stderr.
pub(crate) fn report(error: &anyhow::Error) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{style}error:{style:#} {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(stderr, "  caused by: {cause}");
    }
}

/// Whether a person sits at stderr: progress bars are for them.
pub(crate) fn has_terminal() -> bool {
    io::stderr().is_terminal()
}

/// A table for people; an empty one says so in `nothing`.
pub(crate) fn table<const N: usize>(headers: [&str; N], rows: Vec<[String; N]>, nothing: &str) -> String {
    if rows.is_empty() {
        return nothing.to_owned();
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headers.map(str::to_uppercase));
    for row in rows {
        table.add_row(row);
    }
    // Columns are separated by two spaces, without one at either end.
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
