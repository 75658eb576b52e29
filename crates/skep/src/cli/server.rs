//! `demo`, `init`, `serve`, `doctor`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use skep_formats::name::RepositoryName;
use url::Url;

/// A repository with one package, one product and one licensed customer, in a temporary folder that is
/// removed at the end. Ctrl-C ends it.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Port to listen on, on this machine only [default: 4000, or any free one]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
}

const INIT_EXAMPLES: &str = "\
Examples:
  skep init shop --name acme                                to try it on this machine
  skep init /srv/hex --name acme --url https://hex.acme.dev

NAME is what your customers type in `mix hex.repo add NAME …` and in `repo: \"NAME\"`. It is part of
every signed file: choose it once.";

/// Makes DIR/skep.toml (with comments), a signing key, a database and the folders beside them. Overwrites
/// nothing and asks nothing.
#[derive(Debug, Args)]
#[command(after_help = INIT_EXAMPLES)]
pub(crate) struct Init {
    /// Where to; made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,

    /// The repository's name
    #[arg(long)]
    pub(crate) name: RepositoryName,

    /// The server's URL as customers reach it, without /repo [default: where it listens]
    #[arg(long)]
    pub(crate) url: Option<Url>,

    /// Address and port to listen on [default: 127.0.0.1 and the port of a local URL, or 4000]
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub(crate) listen: Option<SocketAddr>,
}

const SERVE_ENDING: &str = "\
SIGTERM or Ctrl-C finishes the requests under way, writes down the usage and ends with exit code 0; a
second one ends at once. SKEP_LOG=debug says more.";

/// Serves until it is told to stop. Every other command works beside it: it follows within a second.
#[derive(Debug, Args)]
#[command(after_help = SERVE_ENDING)]
pub(crate) struct Serve {
    /// Address and port, instead of [server] listen in the configuration
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub(crate) listen: Option<SocketAddr>,

    /// How its log on stderr looks
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// How a log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people
    Text,
    /// A JSON object a line, for programs
    Json,
}

/// Says for each thing whether it is well and, where not, what to do; exit code 1 if something is not.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Also read every file and compare its checksum
    #[arg(long)]
    pub(crate) deep: bool,
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!(
            "`{text}` is not an address with a port: use 127.0.0.1:4000, 0.0.0.0:4000 or [::]:4000"
        )
    })
}
