//! `backup`, `restore`, `db copy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const BACKUP_HELP: &str = "\
One file with everything: all tables as of one moment, the tarballs and docs, the
configuration and the signing keys. It works beside a running server, on SQLite
and PostgreSQL, and restores into either. Before the file gets its name it is
restored into a temporary database and compared. Nothing is ever overwritten.

Keep it where only you can read it: who has it can sign packages in your name. It
is made readable for its owner alone.

Exit code 1 if the backup is whole but for tarballs that the storage itself lost.

Examples:
  skep backup /backup/skep-2026-11-22.tar
  skep backup --without-files /backup/skep.tar   tarballs are backed up otherwise";

/// `backup`
#[derive(Debug, Args)]
#[command(after_help = BACKUP_HELP)]
pub(crate) struct Backup {
    /// The file to make
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// With the tarballs and docs, which is usual for a folder but not for a bucket
    #[arg(long, conflicts_with = "without_files")]
    pub(crate) with_files: bool,

    /// Without the tarballs and docs
    #[arg(long)]
    pub(crate) without_files: bool,

    /// Without skep.toml and the signing keys: for those who keep them elsewhere
    #[arg(long)]
    pub(crate) without_keys: bool,

    /// Do not restore it for a trial
    #[arg(long)]
    pub(crate) no_verify: bool,
}

const RESTORE_HELP: &str = "\
Restores a backup into the database and the storage of the configuration. The
database has to be empty; the storage may have nothing but files of this backup.
All checksums are compared before anything is written, and the database appears
in one moment: when it is interrupted, run it again.

Nodes that run on that PostgreSQL database load everything within a second. With
SQLite, stop the server first.

Examples:
  skep restore --check skep.tar          is it whole?
  skep restore skep.tar                  where ./skep.toml says
  skep restore --into /srv/hex skep.tar  on a new machine";

/// `restore`
#[derive(Debug, Args)]
#[command(after_help = RESTORE_HELP)]
pub(crate) struct Restore {
    /// A file that `skep backup` made
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Only look whether it is whole, by restoring it into a temporary database
    #[arg(long, conflicts_with_all = ["into", "without_files", "replace_nul"])]
    pub(crate) check: bool,

    /// A new folder for skep.toml and the signing keys of the backup
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,

    /// Use the tarballs and docs that are in the storage
    #[arg(long)]
    pub(crate) without_files: bool,

    /// Write U+FFFD for the character NUL, which PostgreSQL cannot keep
    #[arg(long)]
    pub(crate) replace_nul: bool,
}

/// `db`
#[derive(Debug, Subcommand)]
pub(crate) enum Database {
    /// Copy everything to another database, from SQLite to PostgreSQL or back
    Copy(DatabaseCopy),
}

const COPY_HELP: &str = "\
Copies all tables as of one moment to an empty database, in one transaction, and
reads them there again. Files stay where they are. The source is only read.

To move without losing anything:
  1. stop `skep serve` on every machine
  2. skep db copy --from sqlite:skep.db --to postgres://skep@db.internal/skep
  3. set `url` in section [database] to the new one; `skep doctor`; start again

A URL without a password takes it from PGPASSWORD or ~/.pgpass, where other users
of this machine cannot see it.";

/// `db copy`
#[derive(Debug, Args)]
#[command(after_help = COPY_HELP)]
pub(crate) struct DatabaseCopy {
    /// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST:PORT/NAME` [default: the configured one]
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,

    /// An empty database; a file is made
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,

    /// Write U+FFFD for the character NUL, which PostgreSQL cannot keep
    #[arg(long)]
    pub(crate) replace_nul: bool,
}
