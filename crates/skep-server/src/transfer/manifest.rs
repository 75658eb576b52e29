use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::db::transfer::{Counted, Table};

/// The form of backups that this program writes.
pub(super) const FORMAT: u32 = 1;
/// The members of a backup, in their order; between them are `tables/…` and `files/…`.
pub(super) const HEAD: &str = "skep-backup.json";
pub(super) const CONFIGURATION: &str = "skep.toml";
pub(super) const KEYS: &str = "keys/";
pub(super) const TABLES: &str = "tables/";
pub(super) const FILES: &str = "files/";
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const SEAL: &str = "manifest.sha256";

/// The beginning of a backup: what it is, and how its tables are to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The form of the file; a later one is for later programs.
    pub skep_backup: u32,
    /// The program that made it.
    pub skep: String,
    /// The number of the database's schema.
    pub schema: i64,
    /// When it was begun; everything in it is of that moment.
    pub created_at: Timestamp,
    /// Every table, each after those that it refers to.
    pub tables: Vec<Table>,
}

/// The end of a backup: what has to be in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What each table has.
    pub tables: Vec<TableContent>,
    /// The tarballs and docs; `None` when they were left out.
    pub files: Option<StoredFiles>,
    /// Files that releases name and that the storage did not have, or not as they were published.
    pub missing: Vec<String>,
    /// The repositories with the keys that sign them.
    pub repositories: Vec<RepositoryKey>,
    /// What of the configuration is in it, by the names of its members.
    pub configuration: Vec<String>,
    /// How many members are before this one.
    pub members: u64,
    /// SHA-256 over names, sizes and contents of all of them.
    pub checksum: String,
}

/// A table's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableContent {
    /// Which table.
    pub name: String,
    /// How many rows, and their checksum.
    #[serde(flatten)]
    pub content: Counted,
}

/// The files in a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFiles {
    /// How many.
    pub count: u64,
    /// Their size together.
    pub bytes: u64,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryKey {
    /// What customers know it as.
    pub name: String,
    /// `SHA256:…` of its public key.
    pub fingerprint: String,
}

impl Manifest {
    /// How many rows a table has.
    #[must_use]
    pub fn rows(&self, table: &str) -> u64 {
        let found = self.tables.iter().find(|it| it.name == table);
        found.map_or(0, |it| it.content.rows)
    }
}
