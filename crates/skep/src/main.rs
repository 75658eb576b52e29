//! The `skep` binary: arguments in, text for people out. The rules of the domain are in `skep-server`.

use std::process::ExitCode;

mod cli;
mod commands;
mod dates;
mod env_vars;
mod instructions;
mod licenses_csv;
mod logging;
mod output;
mod remote;
mod servers;
mod terminal;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 0 done, 1 a check or request failed, 2 wrong usage (clap exits with it).
fn main() -> ExitCode {
    let cli = cli::Cli::read();
    match commands::run(cli) {
        Ok(commands::Outcome::Done) => ExitCode::SUCCESS,
        Ok(commands::Outcome::Failed) => ExitCode::FAILURE,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::report(&error);
            match output::is_wrong_usage(&error) {
                true => ExitCode::from(2),
                false => ExitCode::FAILURE,
            }
        }
    }
}
