//! Moving a whole installation: into one file and back (`backup`, `restore`), or from one database to
//! another (`copy`). What is read is of one moment, what is written is read again and compared, and
//! nothing is there before all of it is.

use std::fmt;

mod archive;
mod backup;
mod check;
mod contents;
mod copy;
mod error;
mod fill;
mod manifest;
mod restore;
mod rows;

pub use backup::{BackedUp, BackupOptions, backup};
pub use check::{Backup, Checked, check_by_restoring};
pub use copy::{Copied, CopyError, copy};
pub use error::BackupError;
pub use manifest::{Head, Manifest, RepositoryKey, StoredFiles, TableContent};
pub use restore::{RestoreOptions, Restored, restore, write_configuration};

use data_encoding::HEXLOWER;

use crate::clock::Clock;

/// How far it is, for whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Rows of a table that have been read.
    Rows {
        /// Which table.
        table: &'a str,
        /// How many so far.
        rows: u64,
    },
    /// Files that have been read or written.
    Files {
        /// How many so far.
        done: u64,
        /// How many there are.
        total: u64,
    },
    /// What was written is being read again.
    Verifying,
}

/// `1200 rows of usage`
impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows { table, rows } => write!(f, "{rows} rows of {table}"),
            Self::Files { done, total } => write!(f, "{done} of {total} files"),
            Self::Verifying => f.write_str("verifying"),
        }
    }
}

/// Who is told of it.
pub type Watcher<'a> = &'a (dyn Fn(Progress<'_>) + Sync);

/// An epoch of the feed that no database ever had.
fn new_epoch(clock: &Clock) -> String {
    HEXLOWER.encode(&clock.random::<16>())
}
