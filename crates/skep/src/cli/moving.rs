//! `import` and `export`.

use std::path::PathBuf;

use clap::Args;
use skep_formats::name::RepositoryName;

use super::registry::StoreOptions;

const IMPORT_ENDING: &str = "\
SOURCE is a static registry in a folder or a bucket, or the URL of a repository:
another server's, or an organization's at https://repo.hex.pm/repos/NAME with a key
of it. Signatures and checksums are verified, and the tarballs are kept byte for
byte, with their checksums, dependencies and retirements. Customers who keep name,
key and URL change nothing (docs/guides/import.md).

It can be repeated while both are alive: only what is new or changed is taken. What
differs here, tarball or date, waits for --replace; nothing is deleted without
--delete. After an interruption the same command goes on.

A release needs the date it was first published at. It comes from the registry
where that has it, else from --dates or --dates-from-mtime. Without either, it counts
as published now, and where a license has an update window nothing is imported.
FILE.csv has a first line `package,version,published_at`.

Examples:
  skep import old/public --dates dates.csv --dry-run
  skep import s3://acme-hex/registry --region eu-central-1 --dates-from-mtime
  skep import https://repo.hex.pm/repos/acme --auth-key-file key.txt \\
    --fetch-public-key SHA256:O1LOYhHFW4kcrblKAxROaDEzLD8bn1seWbe5tq8TRsk";

/// Takes over the releases of a static registry, of another server or of a hex.pm organization. A release that
/// cannot be taken is named with its fault, the rest is taken, and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_ENDING)]
pub(crate) struct Import {
    /// A folder, s3://BUCKET/PREFIX, gs://BUCKET, az://CONTAINER, or the URL of a repository
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,

    /// Into which repository, if the configuration has several
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,

    /// Say what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Take tarballs and dates that differ from those here
    #[arg(long)]
    pub(crate) replace: bool,

    /// Delete releases that SOURCE does not have and nobody has downloaded
    #[arg(long)]
    pub(crate) delete: bool,

    /// Leave documentation out
    #[arg(long)]
    pub(crate) no_docs: bool,

    /// Dates of releases, as CSV: package,version,published_at
    #[arg(long, value_name = "FILE.csv", help_heading = "Dates")]
    pub(crate) dates: Option<PathBuf>,

    /// Take the tarball's modification time where nothing else has a date
    #[arg(long, help_heading = "Dates")]
    pub(crate) dates_from_mtime: bool,

    /// The key that must have signed SOURCE [default for folders and buckets: its own public_key]
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub(crate) public_key: Option<PathBuf>,

    /// Fetch the key from SOURCE; it must have this fingerprint
    #[arg(
        long,
        value_name = "FINGERPRINT",
        conflicts_with = "public_key",
        help_heading = "Trust"
    )]
    pub(crate) fetch_public_key: Option<String>,

    /// File with the key to send to a URL [default: SKEP_AUTH_KEY]
    #[arg(long, value_name = "FILE", help_heading = "Trust")]
    pub(crate) auth_key_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

const EXPORT_ENDING: &str = "\
The files are those of `skep registry build`: names, versions, packages/NAME,
public_key, tarballs/NAME-VERSION.tar and docs/NAME-VERSION.tar.gz, signed with the
repository's key, with every release and without licenses. The index comes last;
what is there and right is left alone. Verify it with `skep registry verify DIR`.

Examples:
  skep export public
  skep export s3://acme-backup/registry --region eu-central-1 --delete";

/// Writes the repository as a static registry, which any web server can serve to anybody.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_ENDING)]
pub(crate) struct Export {
    /// A folder, made if it is not there, or s3://BUCKET/PREFIX, gs://BUCKET, az://CONTAINER
    #[arg(value_name = "DIR")]
    pub(crate) destination: String,

    /// Which repository, if the configuration has several
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<RepositoryName>,

    /// Say what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Remove files of releases that are not here anymore, after everything else
    #[arg(long)]
    pub(crate) delete: bool,

    /// Take the place of a registry of another name or key
    #[arg(long)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) store: StoreOptions,
}
