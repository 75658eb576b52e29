//! The project's own commands. They need nothing but cargo; what else a command needs, it installs or names.

#[cfg(feature = "bench")]
mod bench;
#[cfg(not(feature = "bench"))]
#[path = "bench_build.rs"]
mod bench;
mod ci;
mod conformance;
mod fuzz;
mod process;
mod schemathesis;
mod setup;
mod summary;
mod test;

use std::process::ExitCode;

/// As in the binary that is measured.
#[cfg(feature = "bench")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
The project's own commands:

  cargo xtask test                  set up what the tests need, then run all of them
  cargo xtask ci                    format check, lints, documentation, then `test`
  cargo xtask bench [PART]
                                    the promised figures, as ratios against peers measured in the same run; or only
                                    those of one part (an unknown part names them all)
  cargo xtask conformance [api]     only the tests with real clients (rebar3, mix), and schemathesis against the
                                    API; `api`: only that
  cargo xtask fuzz [--seconds N]    every fuzz target for a bounded time (20 seconds each unless said otherwise)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["test"] => test::run(),
        ["ci"] => ci::run(),
        ["bench", what @ ..] => bench::run(what),
        ["conformance"] => conformance::run(),
        ["conformance", "api"] => conformance::api(),
        ["fuzz", options @ ..] => match fuzz::seconds(options) {
            Some(seconds) => fuzz::run(seconds),
            None => return wrong_usage(),
        },
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => return wrong_usage(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn wrong_usage() -> ExitCode {
    eprint!("{USAGE}");
    ExitCode::from(2)
}
