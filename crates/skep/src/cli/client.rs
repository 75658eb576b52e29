//! `login`, `logout`, `whoami`, `search`, `info`, `repo` and `fetch`: a client of every Hex server.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use skep_client::BaseUrl;
use skep_formats::name::PackageName;
use skep_formats::version::Version;

use crate::servers::{RepositoryRef, ServerRef};

/// Which server's HTTP API.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server: a name from `skep repo list`, or its URL
    #[arg(id = "server", long, value_name = "URL|NAME", default_value = "hexpm")]
    pub(crate) name: ServerRef,
}

const LOGIN_HELP: &str = "\
Prints an address and a code, opens a browser at the address where there is one,
and waits until you have confirmed the code there. Tokens are kept in
$XDG_CONFIG_HOME/skep/tokens.json, which only you can read, and are sent to the
server that issued them and nobody else. They are renewed by themselves.

Where nobody can confirm anything, as in CI, set SKEP_API_KEY to an API key
instead: publish, search, info and whoami send it to the server that they name.

Examples:
  skep login --server https://hex.acme.dev
  skep login --server acme --api-key-file key.txt";

/// Logs in at a server, on its own page.
#[derive(Debug, Args)]
#[command(after_help = LOGIN_HELP)]
pub(crate) struct Login {
    #[command(flatten)]
    pub(crate) server: Server,

    /// Keep the API key in FILE (- for standard input) instead of logging in on the server's page
    #[arg(long, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,

    /// What the login is called in the server's list [default: the name of this machine]
    #[arg(long, conflicts_with = "api_key_file")]
    pub(crate) name: Option<String>,

    /// Print the address only
    #[arg(long, conflicts_with = "api_key_file")]
    pub(crate) no_browser: bool,

    /// The id that this program has at the server, if not its usual one
    #[arg(long, value_name = "ID", conflicts_with = "api_key_file")]
    pub(crate) client_id: Option<String>,
}

/// Gives up the login at a server, there and here.
#[derive(Debug, Args)]
pub(crate) struct Logout {
    #[command(flatten)]
    pub(crate) server: Server,
}

/// Says as whom you are known at a server.
#[derive(Debug, Args)]
pub(crate) struct Whoami {
    #[command(flatten)]
    pub(crate) server: Server,
}

/// Finds packages by words of their name and description.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Words, or terms that the server knows, such as `depends:plug`
    #[arg(value_name = "TERM")]
    pub(crate) term: String,

    /// Which page of what is found
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) page: u32,

    #[command(flatten)]
    pub(crate) server: Server,
}

/// Shows a package, or one of its releases.
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The package
    pub(crate) package: PackageName,

    /// The release
    pub(crate) version: Option<Version>,

    #[command(flatten)]
    pub(crate) server: Server,
}

/// The servers whose packages you fetch; kept in $XDG_CONFIG_HOME/skep/servers.toml.
#[derive(Debug, Subcommand)]
pub(crate) enum Repo {
    /// Add a repository, or change one
    Add(RepoAdd),
    /// Every repository that can be named
    List,
    /// Forget a repository and its key
    Remove(RepoRemove),
}

const REPO_ADD_HELP: &str = "\
The public key proves that packages are the repository's own. With its
fingerprint, which whoever runs the repository tells you, it is fetched.

`hexpm` is built in. NAME:ORGANIZATION is a repository below another one and
needs no URL; without a key of its own it uses that of NAME.

Adding a repository again replaces it: that is how a key is changed. The key is
kept in a file that only you can read. What is typed can be seen by others on the
same machine: SKEP_AUTH_KEY and --auth-key-file cannot.

Examples:
  skep repo add acme https://hex.acme.dev/repo \\
    --fetch-public-key SHA256:O1LOYhHFW4kcrblKAxROaDEzLD8bn1seWbe5tq8TRsk \\
    --auth-key-file license-key.txt
  skep repo add hexpm:acme --auth-key-file key.txt";

/// `repo add`
#[derive(Debug, Args)]
#[command(after_help = REPO_ADD_HELP)]
pub(crate) struct RepoAdd {
    /// The name that its files have: what mix calls it
    pub(crate) name: RepositoryRef,

    /// Where its files are
    pub(crate) url: Option<BaseUrl>,

    /// Fetch its public key, which must have this fingerprint
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "public_key")]
    pub(crate) fetch_public_key: Option<String>,

    /// Its public key, as PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,

    /// What it wants to see, such as a license key [also: SKEP_AUTH_KEY]
    #[arg(long, value_name = "KEY", conflicts_with = "auth_key_file")]
    pub(crate) auth_key: Option<String>,

    /// The same from FILE, - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) auth_key_file: Option<PathBuf>,

    /// Its HTTP API [default: /api beside a URL that ends in /repo]
    #[arg(long, value_name = "URL")]
    pub(crate) api_url: Option<BaseUrl>,
}

/// `repo remove`
#[derive(Debug, Args)]
pub(crate) struct RepoRemove {
    /// Its name
    pub(crate) name: RepositoryRef,
}

const FETCH_HELP: &str = "\
The registry's signature and names are checked before anything is fetched, and
the tarball's checksum before it appears. There is never half a file.

Without VERSION, the newest release that is neither a pre-release nor retired.

Examples:
  skep fetch jason
  skep fetch acme_pro 1.2.0 --repo acme -o vendor --unpack";

/// Fetches the tarball of a release, verified, and prints where it is.
#[derive(Debug, Args)]
#[command(after_help = FETCH_HELP)]
pub(crate) struct Fetch {
    /// The package
    pub(crate) package: PackageName,

    /// The release [default: the newest]
    pub(crate) version: Option<Version>,

    /// The repository, as `skep repo list` calls it
    #[arg(long, value_name = "NAME", default_value = "hexpm")]
    pub(crate) repo: RepositoryRef,

    /// The directory for it
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,

    /// Unpack it into DIR/PACKAGE-VERSION instead of keeping the tarball
    #[arg(long)]
    pub(crate) unpack: bool,
}
