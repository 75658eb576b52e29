//! `registry build` and `registry verify`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use skep_formats::name::RepositoryName;

/// A repository of plain files, for any web server.
#[derive(Debug, Subcommand)]
pub(crate) enum Registry {
    /// Sign the index of DIR/tarballs, as `mix hex.registry build` does
    Build(Build),
    /// Check signatures, names, checksums and that every tarball is there
    Verify(Verify),
}

const BUILD_ENDING: &str = "\
Reads DIR/tarballs/NAME-VERSION.tar and writes DIR/public_key, DIR/packages/NAME,
DIR/names and DIR/versions. What it knows from before is in DIR/.skep: tarballs
whose size and time have not changed are not read again.

Make a key with `openssl genrsa -out key.pem 4096`, and keep it: customers know
its fingerprint.";

/// Builds the signed index of a directory of tarballs. The index is replaced file by file and never names
/// what is not there. A bad tarball is named and left out, and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = BUILD_ENDING)]
pub(crate) struct Build {
    /// The directory that is served
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// The repository's name, as customers type it in `mix hex.repo add NAME …`
    #[arg(long)]
    pub(crate) name: RepositoryName,

    /// The RSA key that signs, as PEM
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) private_key: PathBuf,

    /// Read and sign everything again
    #[arg(long)]
    pub(crate) full: bool,
}

/// Reads a repository as a client does, file by file, and says what is wrong with it; exit code 1 if
/// something is.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A directory, or the http(s) URL of a repository
    #[arg(value_name = "DIR|URL")]
    pub(crate) repository: String,

    /// The key that must have signed it [default: its own public_key]
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,

    /// The name it must have [default: what `names` says]
    #[arg(long)]
    pub(crate) name: Option<RepositoryName>,

    /// File with the key to send to a URL that needs one, such as a license key
    #[arg(long, value_name = "FILE")]
    pub(crate) auth_key_file: Option<PathBuf>,
}
