//! `demo`, `init`, `serve`, `doctor`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use skep_formats::name::RepositoryName;
use url::Url;

const DEMO_HELP: &str = "\
A repository with one package and one licensed customer, in a temporary folder.
Prints commands for curl, mix and rebar3 to paste into another terminal. Ctrl-C
ends it and removes everything.";

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = DEMO_HELP)]
pub(crate) struct Demo {
    /// Port to listen on, on this machine only [default: 4000, or any free one]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
}

const INIT_HELP: &str = "\
Makes DIR/skep.toml (with comments), a signing key, a database and the folders
beside them. Overwrites nothing and asks nothing.

NAME is what customers type in `mix hex.repo add NAME …` and in `repo: \"NAME\"`.
It is part of every signed file: choose it once.

Examples:
  skep init shop --name acme       to try it on this machine
  skep init /srv/hex --name acme --url https://hex.acme.dev
  skep init /srv/hex --name acme --private-key old/private_key.pem
  skep init /srv/hex --name acme --url https://hex.acme.dev \\
    --database-url-file /etc/skep/database-url --storage s3://acme-hex/skep
  skep init /srv/hex --name acme --public-key site/public_key --registry-url site

SKEP_DATABASE__URL, SKEP_STORAGE__… and the other variables of the configuration
count here as they do for `skep serve`.";

/// `init`
#[derive(Debug, Args)]
#[command(after_help = INIT_HELP)]
pub(crate) struct Init {
    /// Where to; made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,

    /// The repository's name
    #[arg(long)]
    pub(crate) name: RepositoryName,

    /// The server's URL as customers reach it, without /repo [default: where it listens]
    #[arg(long, value_parser = parse_url)]
    pub(crate) url: Option<Url>,

    /// The signing key of an older system, so that customers need no new fingerprint; it is copied
    #[arg(long, value_name = "FILE.pem")]
    pub(crate) private_key: Option<PathBuf>,

    /// For a prebuilt repository, whose signing key stays elsewhere: its public key; it is copied
    #[arg(
        long,
        value_name = "FILE.pem",
        requires = "registry_url",
        conflicts_with = "private_key"
    )]
    pub(crate) public_key: Option<PathBuf>,

    /// Where the static registry of a prebuilt repository is: a folder, or s3://bucket/prefix
    #[arg(long, value_name = "PLACE", requires = "public_key")]
    pub(crate) registry_url: Option<String>,

    /// Address and port to listen on [default: 127.0.0.1 and the port of a local URL, or 4000]
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub(crate) listen: Option<SocketAddr>,

    /// A file with the URL of an empty PostgreSQL database [default: SQLite, in DIR]
    #[arg(long, value_name = "FILE")]
    pub(crate) database_url_file: Option<PathBuf>,

    /// A bucket for the tarballs, as s3://BUCKET/PREFIX; its credentials are in the environment [default: DIR/files]
    #[arg(long, value_name = "URL")]
    pub(crate) storage: Option<String>,
}

const SERVE_HELP: &str = "\
Serves until it is told to stop. Every other command works beside it: it follows
within a second.

SIGTERM, Ctrl-C or a terminal that closes (SIGHUP) finishes the requests under
way, writes down the usage and ends with exit code 0; a second SIGTERM or Ctrl-C
ends at once. After SIGTERM it first says at /readyz that it stops, and goes on
accepting for [server] grace_seconds. SKEP_LOG=debug logs more.

A certificate of [server.tls] is used within seconds after its files have
changed. Without a terminal, SIGHUP makes it look at them at once.

A listening socket that systemd or another process hands over (LISTEN_FDS) is
used instead of an address of its own, and is left to the next process at once.";

/// `serve`
#[derive(Debug, Args)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct Serve {
    /// Address and port, instead of those in the configuration
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub(crate) listen: Option<SocketAddr>,

    /// How its log on stderr looks: text or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text, hide_possible_values = true)]
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

const DOCTOR_HELP: &str = "\
Says of each setting where it came from, of each thing whether it is well and,
where not, what to do. Exit code 1 if something does not work.";

/// `doctor`
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_HELP)]
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

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| format!("`{text}` is not a URL of a server: use one as https://hex.acme.dev"))
}
