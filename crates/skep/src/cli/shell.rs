//! `completions`, `man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

const COMPLETIONS_HELP: &str = "\
Prints a script; a new shell then completes commands and options with the tab key.

Examples:
  skep completions bash > ~/.local/share/bash-completion/completions/skep
  skep completions zsh > ~/.zfunc/_skep      with `fpath+=~/.zfunc` before compinit
  skep completions fish > ~/.config/fish/completions/skep.fish";

/// `completions`
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_HELP)]
pub(crate) struct Completions {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    pub(crate) shell: Shell,
}

const MAN_HELP: &str = "\
One page for each command, named as man wants it: skep.1, skep-license-issue.1 …

Examples:
  skep man /usr/local/share/man/man1
  skep man pages && man -l pages/skep.1";

/// `man`
#[derive(Debug, Args)]
#[command(after_help = MAN_HELP)]
pub(crate) struct Man {
    /// The folder for the pages; made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}
