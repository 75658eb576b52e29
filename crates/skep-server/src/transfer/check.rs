//! Whether a file is a whole backup: first by its checksums, then by restoring it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use skep_formats::checksum::Sha256;

use super::archive::{self, Member, Sum};
use super::contents::file_keys;
use super::error::BackupError;
use super::fill::{Nul, fill};
use super::manifest::{
    CONFIGURATION, FILES, FORMAT, HEAD, Head, KEYS, MANIFEST, Manifest, SEAL, TABLES,
};
use super::{Watcher, new_epoch, rows};
use crate::clock::Clock;
use crate::db::transfer::{KNOWN_SCHEMA, Table, Tally, Target};
use crate::files::FileKey;

/// A file all of whose checksums are right.
#[derive(Debug)]
pub struct Backup {
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub head: Head,
    /// What is in it.
    pub manifest: Manifest,
    pub(super) files: HashSet<FileKey>,
    /// The configuration and the signing keys, by their names in the backup.
    pub(super) secrets: Vec<(String, Bytes)>,
}

/// What restoring a backup for a trial found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The number of the schema that it was brought to.
    pub schema: i64,
}

impl Backup {
    /// Reads all of a file, and writes nothing.
    ///
    /// # Errors
    /// It is no backup, not a whole one, or one of a later program.
    pub async fn open(path: &Path) -> Result<Self, BackupError> {
        let mut members = archive::read(path, &[]);
        let first = members.recv().await;
        let first = first.ok_or_else(|| BackupError::Foreign(path.to_path_buf()))??;
        let mut reading = Reading::begin(path, &first)?;
        while let Some(member) = members.recv().await {
            reading.take(member?)?;
        }
        reading.finish()
    }
}

struct Reading {
    path: PathBuf,
    head: Head,
    tallies: HashMap<String, Tally>,
    sum: Sum,
    files: HashSet<FileKey>,
    bytes: u64,
    secrets: Vec<(String, Bytes)>,
    manifest: Option<Bytes>,
    seal: Option<Bytes>,
}

impl Reading {
    fn begin(path: &Path, first: &Member) -> Result<Self, BackupError> {
        let foreign = || BackupError::Foreign(path.to_path_buf());
        if first.name != HEAD {
            return Err(foreign());
        }
        // Of a later form no more than this can be expected.
        let any: serde_json::Value = serde_json::from_slice(&first.bytes).map_err(|_| foreign())?;
        let form = any["skep_backup"].as_u64().ok_or_else(foreign)?;
        let schema = any["schema"].as_i64().ok_or_else(foreign)?;
        if form > u64::from(FORMAT) || schema > KNOWN_SCHEMA {
            return Err(BackupError::Newer {
                path: path.to_path_buf(),
                made_by: any["skep"].as_str().unwrap_or("?").to_owned(),
            });
        }
        let head: Head = serde_json::from_value(any).map_err(|_| foreign())?;
        if head.schema < 1 || !head.tables.iter().all(Table::is_plain) {
            return Err(foreign());
        }
        let mut sum = Sum::new();
        sum.add(first);
        Ok(Self {
            path: path.to_path_buf(),
            head,
            tallies: HashMap::new(),
            sum,
            files: HashSet::new(),
            bytes: 0,
            secrets: Vec::new(),
            manifest: None,
            seal: None,
        })
    }

    fn take(&mut self, member: Member) -> Result<(), BackupError> {
        let damaged = |problem: String| BackupError::damaged(&self.path, problem);
        match member.name.as_str() {
            MANIFEST => {
                self.manifest = Some(member.bytes);
                return Ok(());
            }
            SEAL => {
                self.seal = Some(member.bytes);
                return Ok(());
            }
            name if name == CONFIGURATION || name.starts_with(KEYS) => {
                self.secrets.push((name.to_owned(), member.bytes.clone()));
            }
            name if name.starts_with(TABLES) => {
                let table = table_of(&self.head, name)
                    .ok_or_else(|| damaged(format!("`{name}` is of no table")))?;
                let rows = rows::unpacked(table, &member.bytes)
                    .map_err(|problem| damaged(format!("`{name}`: {problem}")))?;
                let tally = self.tallies.entry(table.name.clone()).or_default();
                rows.iter().for_each(|row| tally.add(row));
            }
            name => {
                let key = name.strip_prefix(FILES).and_then(FileKey::from_path);
                let key = key.ok_or_else(|| damaged(format!("`{name}` is nothing of ours")))?;
                if Sha256::of(&member.bytes) != key.checksum() {
                    return Err(damaged(format!("the checksum of `{name}` is another")));
                }
                self.bytes += member.bytes.len() as u64;
                self.files.insert(key);
            }
        }
        self.sum.add(&member);
        Ok(())
    }

    fn finish(self) -> Result<Backup, BackupError> {
        let damaged = |problem: &str| BackupError::damaged(&self.path, problem);
        let truncated = || BackupError::Truncated(self.path.clone());
        let text = self.manifest.as_ref().ok_or_else(truncated)?;
        let seal = self.seal.as_ref().ok_or_else(truncated)?;
        if Sha256::of(text).to_string().as_bytes() != &**seal {
            return Err(damaged("the checksum of its manifest is another"));
        }
        let manifest: Manifest =
            serde_json::from_slice(text).map_err(|error| damaged(&error.to_string()))?;
        if self.sum.members != manifest.members {
            return Err(damaged(
                "it has fewer or more members than its manifest says",
            ));
        }
        for table in &manifest.tables {
            let tally = self.tallies.get(&table.name).copied().unwrap_or_default();
            if tally.counted() != table.content {
                return Err(damaged(&format!(
                    "the checksum of table `{}` is another",
                    table.name
                )));
            }
        }
        let found = (self.files.len() as u64, self.bytes);
        let stored = manifest.files.unwrap_or_default();
        if found != (stored.count, stored.bytes) || self.sum.finish() != manifest.checksum {
            return Err(BackupError::damaged(&self.path, "its checksum is another"));
        }
        Ok(Backup {
            path: self.path,
            head: self.head,
            manifest,
            files: self.files,
            secrets: self.secrets,
        })
    }
}

/// `tables/usage/000001.jsonl.gz`
pub(super) fn table_of<'a>(head: &'a Head, member: &str) -> Option<&'a Table> {
    let (name, _) = member.strip_prefix(TABLES)?.split_once('/')?;
    head.tables.iter().find(|table| table.name == name)
}

/// Restores the tables of a backup into a temporary database in `folder`, reads them there, and looks
/// whether it has every file that its releases name.
///
/// # Errors
/// It could not be restored.
pub async fn check_by_restoring(
    backup: &Backup,
    folder: &Path,
    clock: &Clock,
    watcher: Watcher<'_>,
) -> Result<Checked, BackupError> {
    let place = tempfile::Builder::new()
        .prefix(".skep-backup-")
        .tempdir_in(folder)
        .map_err(BackupError::Place)?;
    let url = format!("sqlite:{}", place.path().join("check.db").display());
    let mut target = Target::open(&url, backup.head.schema).await?;
    let filled = async {
        fill(&mut target, backup, Nul::AsIs, watcher).await?;
        target.migrate().await?;
        expect_files(backup, &file_keys(target.conn()).await?)
    }
    .await;
    match filled {
        Ok(()) => target.commit(&new_epoch(clock)).await?,
        Err(error) => {
            target.give_up().await;
            return Err(error);
        }
    }
    Ok(Checked {
        schema: KNOWN_SCHEMA,
    })
}

/// A backup with files has all that its releases name, but for those it says are missing.
pub(super) fn expect_files(backup: &Backup, keys: &[FileKey]) -> Result<(), BackupError> {
    if backup.manifest.files.is_none() {
        return Ok(());
    }
    let missing: HashSet<&str> = backup.manifest.missing.iter().map(String::as_str).collect();
    let lost: Vec<String> = keys
        .iter()
        .filter(|key| !backup.files.contains(key))
        .map(FileKey::path)
        .filter(|path| !missing.contains(path.as_str()))
        .collect();
    match lost.first() {
        None => Ok(()),
        Some(first) => Err(BackupError::Incomplete {
            count: lost.len(),
            first: first.clone(),
        }),
    }
}
