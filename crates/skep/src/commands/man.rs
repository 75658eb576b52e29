//! `skep man`

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;

use super::Context;
use crate::cli::Cli;
use crate::cli::shell::Man;

pub(super) fn run(context: &Context, arguments: &Man) -> anyhow::Result<()> {
    let dir = &arguments.dir;
    fs_err::create_dir_all(dir)?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let count = write_all(&command, dir)
        .with_context(|| format!("the pages cannot be written to `{}`", dir.display()))?;
    let dir = dir.display();
    context.output.talk(format_args!(
        "{count} pages are in {dir}: `man -l {dir}/skep.1` shows the first"
    ));
    Ok(())
}

/// A command's page and those of the commands below it.
fn write_all(command: &Command, dir: &Path) -> io::Result<usize> {
    let page = Page::new(command.clone()).manual("Skep");
    let mut text = Vec::new();
    render(command, &page, &mut text)?;
    fs_err::write(dir.join(page.get_filename()), text)?;
    let mut count = 1;
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        count += write_all(below, dir)?;
    }
    Ok(count)
}

fn render(command: &Command, page: &Page, out: &mut Vec<u8>) -> io::Result<()> {
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    if command
        .get_arguments()
        .any(|argument| !argument.is_hide_set())
    {
        page.render_options_section(out)?;
    }
    if command.has_subcommands() {
        page.render_subcommands_section(out)?;
    }
    match command.get_after_help() {
        Some(ending) => notes(&ending.to_string(), out),
        None => Ok(()),
    }
}

/// What follows a command's help, as it is written: clap's own way would fill its lines, and a command
/// that is broken in its middle cannot be copied.
fn notes(ending: &str, out: &mut Vec<u8>) -> io::Result<()> {
    writeln!(out, ".SH NOTES\n.nf")?;
    for line in ending.lines() {
        let escaped = line
            .replace('\\', "\\e")
            .replace('-', "\\-")
            .replace('\'', "\\(aq");
        // A dot at the beginning would be a request to the formatter.
        let guard = if line.starts_with('.') { "\\&" } else { "" };
        writeln!(out, "{guard}{escaped}")?;
    }
    writeln!(out, ".fi")
}
