//! `registry build`, `registry verify` and `registry sync`.

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
    /// Upload DIR to a bucket, in an order that is right for readers at every moment
    Sync(Sync),
}

/// Where a bucket is.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Buckets")]
pub(crate) struct StoreOptions {
    /// Where the bucket is, when not at the provider's own address
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,

    /// The region of an s3:// bucket [default: AWS_REGION]
    #[arg(long)]
    pub(crate) region: Option<String>,
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

const SYNC_ENDING: &str = "\
DIR is verified first, as `skep registry verify` does; nothing of a faulty one is
uploaded. Then come tarballs and docs, then packages, then public_key, versions and
names: whoever reads meanwhile finds every file that an index names. What is there
and right is left alone, so after an interruption the same command goes on.

Nothing is deleted without --delete. A tarball that is there with other bytes stops
the whole sync before anything is changed; raise the version, or use --force.

Credentials of a bucket come from the environment (AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_ACCOUNT_NAME and
AZURE_STORAGE_ACCOUNT_KEY) or from this machine's role.

Examples:
  skep registry sync public s3://acme-hex/registry --region eu-central-1 --dry-run
  skep registry sync public s3://acme-hex/registry --region eu-central-1
  skep registry sync public /var/www/hex --delete";

/// Brings a built registry to a bucket or another folder, and only what is not there yet. No configuration is
/// needed.
#[derive(Debug, Args)]
#[command(after_help = SYNC_ENDING)]
pub(crate) struct Sync {
    /// The directory that `skep registry build` or `mix hex.registry build` made
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// s3://BUCKET/PREFIX, gs://BUCKET, az://CONTAINER or a folder
    #[arg(value_name = "DESTINATION")]
    pub(crate) destination: String,

    /// Say what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Remove files of the registry that DIR does not have, after everything else
    #[arg(long)]
    pub(crate) delete: bool,

    /// Replace tarballs that have changed, and a registry of another name or key
    #[arg(long)]
    pub(crate) force: bool,

    /// The key that must have signed DIR [default: its own public_key]
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,

    /// The name it must have [default: what `names` says]
    #[arg(long)]
    pub(crate) name: Option<RepositoryName>,

    #[command(flatten)]
    pub(crate) store: StoreOptions,
}
