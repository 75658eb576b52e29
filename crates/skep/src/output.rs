//! What people and programs see: data on stdout, talk on stderr, color and tables only for people.
//! Nothing else in this crate writes to the terminal.

use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use skep_server::clock::Timestamp;

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
    pub(crate) fn result(
        self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> io::Result<()> {
        if self.json {
            self.json(value)
        } else {
            self.data(text())
        }
    }

    /// The same for what is shown only once; `lost` says what to do when it could not be.
    pub(crate) fn secret(
        self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
        lost: impl FnOnce() -> String,
    ) -> anyhow::Result<()> {
        self.result(value, text).map_err(|error| {
            let error = anyhow::anyhow!("it was done, but the key could not be shown: {error}");
            hint(error, lost())
        })
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

    /// Things worth knowing that are no errors, on stderr.
    pub(crate) fn notes(self, notes: &[String]) {
        let style = anstyle::AnsiColor::Yellow.on_default().bold();
        for note in notes {
            self.talk(format_args!("{style}note:{style:#} {note}"));
        }
    }
}

/// An error with what to do about it.
#[derive(Debug)]
struct Hinted {
    error: anyhow::Error,
    hint: String,
}

impl Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Hinted {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Says what to do about an error.
pub(crate) fn hint(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> anyhow::Error {
    let (error, hint) = (error.into(), hint.into());
    Hinted { error, hint }.into()
}

/// Arguments that cannot be meant together; clap could not tell.
#[derive(Debug)]
struct WrongUsage(String);

impl Display for WrongUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}

/// Says what is wrong with what was typed: exit code 2.
pub(crate) fn wrong_usage(text: impl Into<String>) -> anyhow::Error {
    WrongUsage(text.into()).into()
}

/// Whether what was typed is wrong, rather than what came of it.
pub(crate) fn is_wrong_usage(error: &anyhow::Error) -> bool {
    error.is::<WrongUsage>()
}

/// An error, its causes and what to do, on stderr.
pub(crate) fn report(error: &anyhow::Error) {
    let mut stderr = anstream::stderr().lock();
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let mut said = error.to_string();
    let _ = writeln!(stderr, "{style}error:{style:#} {said}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Many libraries repeat their cause in their own sentence.
        if !said.contains(&cause) {
            let _ = writeln!(stderr, "  caused by: {cause}");
            said = cause;
        }
    }
    let style = anstyle::AnsiColor::Cyan.on_default().bold();
    if let Some(Hinted { hint, .. }) = error.downcast_ref() {
        let _ = writeln!(stderr, "{style}hint:{style:#} {hint}");
    }
}

/// Whether this is only the reader of our output having gone, as in `skep usage | head`.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io_error = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<io::Error>());
    io_error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Whether a person sits at stderr: progress bars are for them.
pub(crate) fn has_terminal() -> bool {
    io::stderr().is_terminal()
}

/// A table for people; an empty one says so in `nothing`.
pub(crate) fn table<const N: usize>(
    headers: [&str; N],
    cells: Vec<[String; N]>,
    nothing: &str,
) -> String {
    let headers = headers.map(str::to_owned).into();
    rows(
        headers,
        cells.into_iter().map(Into::into).collect(),
        nothing,
    )
}

/// The same, where the columns are not known beforehand.
pub(crate) fn rows(headers: Vec<String>, cells: Vec<Vec<String>>, nothing: &str) -> String {
    if cells.is_empty() {
        return nothing.to_owned();
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headers.iter().map(|name| name.to_uppercase()));
    table.add_rows(cells);
    // Columns are separated by two spaces, without one at either end.
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// A moment to the minute, for tables: `2026-11-22 12:00`. UTC.
pub(crate) fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let text = text.get(..16).unwrap_or(&text);
    text.replacen('T', " ", 1)
}

/// A day, or `-`.
pub(crate) fn day_or_dash(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.date())
}

/// What another server says, without what would move the cursor of a terminal or change its colors.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The beginning of a long text, on one line.
pub(crate) fn shortened(text: &str, characters: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = plain(&words);
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}

/// Names with their values for people, one a line; empty values are left out.
pub(crate) fn details(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = pairs
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}"));
    lines.collect::<Vec<_>>().join("\n")
}
