use std::io;
use std::path::{Path, PathBuf};

use crate::app::KeyFileError;
use crate::config::ConfigError;
use crate::db::transfer::TransferError;
use crate::db::{DbError, OpenError};
use crate::files::FilesError;

/// Why an installation was not backed up or restored. Nothing half is left behind.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is there.
    #[error("`{}` exists: a backup is never overwritten; choose another name", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("the backup could not be written")]
    Write(#[source] io::Error),
    /// The file cannot be read; the cause names it.
    #[error("the backup cannot be read")]
    Read(#[source] io::Error),
    /// Something else.
    #[error("`{}` is no backup: `skep backup FILE` makes one", .0.display())]
    Foreign(PathBuf),
    /// Its end is missing.
    #[error("`{}` ends before its end: it was not copied completely; nothing was written", .0.display())]
    Truncated(PathBuf),
    /// A checksum is wrong.
    #[error("`{}` is damaged: {problem}; nothing was written", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        problem: String,
    },
    /// Made by a later program.
    #[error(
        "`{}` was made by Skep {made_by}, whose backups this version does not know: install that one or a later one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The program that made it.
        made_by: String,
    },
    /// A signing key or the configuration, which belong into the backup.
    #[error(
        "{what} cannot be read, and a backup without it could not be restored on another machine: mend it, or leave it out with `--without-keys`"
    )]
    Secret {
        /// What.
        what: String,
        /// The cause names the file.
        source: io::Error,
    },
    /// Signed by another key than the backup's.
    #[error(
        "repository `{repository}` was signed with `{expected}`, and the key in the configuration is `{found}`: \
         customers' tools trust only the first; put that key back"
    )]
    AnotherKey {
        /// Which repository.
        repository: String,
        /// What the backup says.
        expected: String,
        /// What the configuration names.
        found: String,
    },
    /// The configuration lacks a repository.
    #[error(
        "the backup has repository `{0}`, and the configuration does not name it: add a [[repository]] with that \
         name and its key"
    )]
    UnnamedRepository(String),
    /// The key of a repository cannot be used.
    #[error("the signing key of repository `{repository}` cannot be used")]
    SigningKey {
        /// Which repository.
        repository: String,
        /// What is wrong with its file.
        source: KeyFileError,
    },
    /// The storage has other files.
    #[error(
        "the file storage `{place}` is not empty: {count} of its files are not of this backup, `{first}` for one; \
         nothing was written; choose an empty one, or use the files that are there with `--without-files`"
    )]
    StorageNotEmpty {
        /// Which storage.
        place: String,
        /// How many.
        count: usize,
        /// One of them.
        first: String,
    },
    /// A release would have no tarball.
    #[error(
        "the backup has not all files of its releases: {count} are missing, `{first}` for one; it was not made by \
         `skep backup`, or was changed since"
    )]
    Incomplete {
        /// How many.
        count: usize,
        /// One of them.
        first: String,
    },
    /// It has neither configuration nor keys.
    #[error("`{}` was made with `--without-keys`: make a skep.toml and put the signing keys in place yourself, then restore without `--into`", .0.display())]
    NoConfiguration(PathBuf),
    /// Something is where the configuration would be written.
    #[error("`{}` exists: nothing is ever overwritten; choose another folder", .0.display())]
    InTheWay(PathBuf),
    /// The configuration in the backup makes none here.
    #[error(
        "the configuration in the backup cannot be used here; files that it names, as `token_file` or `url_file`, are not in a backup: put them into the folder first"
    )]
    Config(#[from] ConfigError),
    /// Its place cannot be made.
    #[error("the place to restore to could not be made")]
    Place(#[source] io::Error),
    /// A database, or what is in it.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The storage.
    #[error(transparent)]
    Files(#[from] FilesError),
}

impl BackupError {
    pub(super) fn damaged(path: &Path, problem: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }
}

impl From<DbError> for BackupError {
    fn from(error: DbError) -> Self {
        Self::Transfer(error.into())
    }
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        Self::Transfer(error.into())
    }
}
