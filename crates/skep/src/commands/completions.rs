//! `skep completions`

use clap::CommandFactory;

use super::Context;
use crate::cli::Cli;
use crate::cli::shell::Completions;

pub(super) fn run(context: &Context, arguments: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "skep", &mut script);
    let script = String::from_utf8(script)?;
    context.output.data(script.trim_end())?;
    Ok(())
}
