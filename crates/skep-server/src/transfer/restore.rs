//! `skep restore`: from a backup into an empty place.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::archive::{self, Member};
use super::check::{Backup, expect_files};
use super::contents::file_keys;
use super::error::BackupError;
use super::fill::{Nul, fill};
use super::manifest::{CONFIGURATION, FILES, KEYS};
use super::{Progress, Watcher, new_epoch};
use crate::app::read_fingerprint;
use crate::clock::Clock;
use crate::config::{Config, StorageUrl};
use crate::db::transfer::Target;
use crate::files::{FileKey, Files};

/// Files that are written at the same time.
const AT_ONCE: usize = 8;

/// How to restore.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestoreOptions {
    /// Leaves the files of the backup alone: those of the storage are used.
    pub without_files: bool,
    /// Puts U+FFFD in the place of a NUL, which PostgreSQL refuses.
    pub replaces_nul: bool,
}

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The database, without a password.
    pub database: String,
    /// The storage.
    pub storage: String,
    /// How many files were written.
    pub files: u64,
    /// Files that releases name and that are neither in the backup nor in the storage.
    pub missing: Vec<String>,
    /// Texts in which a NUL was replaced.
    pub replaced: u64,
}

/// Restores into the configured database, which has to be empty, and the configured storage, which may
/// have nothing but files of this backup. Files come first and the database in one transaction: what is
/// interrupted leaves an empty database, and can be begun again.
///
/// # Errors
/// See [`BackupError`].
pub async fn restore(
    config: &Config,
    clock: &Clock,
    backup: &Backup,
    options: RestoreOptions,
    watcher: Watcher<'_>,
) -> Result<Restored, BackupError> {
    expect_same_keys(config, backup)?;
    let files = Files::open(&config.storage)?;
    Target::expect_empty(config.database.reveal()).await?;
    let is_with_files = backup.manifest.files.is_some() && !options.without_files;
    let mut stored: HashSet<FileKey> = files.list().map_ok(|(key, _)| key).try_collect().await?;
    let mut written = 0;
    if is_with_files {
        expect_no_others(&files, &stored, backup)?;
        written = restore_files(&files, backup, watcher).await?;
        stored.extend(backup.files.iter().cloned());
    }
    let nul = if options.replaces_nul {
        Nul::Replaced
    } else {
        Nul::AsIs
    };
    let mut target = Target::open(config.database.reveal(), backup.head.schema).await?;
    let database = target.shown();
    let filled = async {
        let replaced = fill(&mut target, backup, nul, watcher).await?;
        target.migrate().await?;
        let keys = file_keys(target.conn()).await?;
        if is_with_files {
            expect_files(backup, &keys)?;
        }
        let missing = keys.iter().filter(|key| !stored.contains(key));
        Ok((replaced, missing.map(FileKey::path).collect()))
    };
    let (replaced, missing) = match filled.await {
        Ok(filled) => filled,
        Err(error) => {
            target.give_up().await;
            return Err(error);
        }
    };
    target.commit(&new_epoch(clock)).await?;
    Ok(Restored {
        database,
        storage: files.place().to_owned(),
        files: written,
        missing,
        replaced,
    })
}

/// With other keys than those that customers know, all of it would be worth nothing to them.
fn expect_same_keys(config: &Config, backup: &Backup) -> Result<(), BackupError> {
    for expected in &backup.manifest.repositories {
        let configured = config
            .repositories
            .iter()
            .find(|repository| repository.name.as_str() == expected.name);
        let Some(configured) = configured else {
            return Err(BackupError::UnnamedRepository(expected.name.clone()));
        };
        let found = read_fingerprint(configured).map_err(|source| BackupError::SigningKey {
            repository: expected.name.clone(),
            source,
        })?;
        if found != expected.fingerprint {
            return Err(BackupError::AnotherKey {
                repository: expected.name.clone(),
                expected: expected.fingerprint.clone(),
                found,
            });
        }
    }
    Ok(())
}

/// What an earlier attempt with the same backup wrote does not count.
fn expect_no_others(
    files: &Files,
    stored: &HashSet<FileKey>,
    backup: &Backup,
) -> Result<(), BackupError> {
    let others: Vec<String> = stored
        .difference(&backup.files)
        .map(FileKey::path)
        .collect();
    match others.iter().min() {
        None => Ok(()),
        Some(first) => Err(BackupError::StorageNotEmpty {
            place: files.place().to_owned(),
            count: others.len(),
            first: first.clone(),
        }),
    }
}

async fn restore_files(
    files: &Files,
    backup: &Backup,
    watcher: Watcher<'_>,
) -> Result<u64, BackupError> {
    let total = backup.files.len() as u64;
    let members = stream::unfold(
        archive::read(&backup.path, &[FILES]),
        |mut members| async move {
            let member = members.recv().await?;
            Some((member, members))
        },
    );
    let put = |member: Result<Member, BackupError>| async move {
        let member = member?;
        let key = member.name.strip_prefix(FILES).and_then(FileKey::from_path);
        let key = key.ok_or_else(|| BackupError::damaged(&backup.path, "it changed meanwhile"))?;
        files.put(&key, member.bytes).await?;
        Ok::<(), BackupError>(())
    };
    let mut written = std::pin::pin!(members.map(put).buffer_unordered(AT_ONCE));
    let mut done = 0;
    while let Some(result) = written.next().await {
        result?;
        done += 1;
        watcher(Progress::Files { done, total });
    }
    Ok(done)
}

/// Writes the configuration and the signing keys of a backup into a new folder, with the folders that
/// the configuration names; gives the configuration file.
///
/// # Errors
/// The backup has none, or something is there already.
pub fn write_configuration(
    backup: &Backup,
    folder: &Path,
    environment: &[(String, String)],
) -> Result<PathBuf, BackupError> {
    let folder = std::path::absolute(folder).map_err(BackupError::Place)?;
    let text = secret(backup, CONFIGURATION)
        .ok_or_else(|| BackupError::NoConfiguration(backup.path.clone()))?;
    let text = String::from_utf8_lossy(text).into_owned();
    let path = folder.join(CONFIGURATION);
    if fs_err::symlink_metadata(&path).is_ok() {
        return Err(BackupError::InTheWay(path));
    }
    let config = Config::parse(&text, &folder, environment)?;
    for repository in &config.repositories {
        if fs_err::symlink_metadata(repository.key_file()).is_ok() {
            return Err(BackupError::InTheWay(repository.key_file().to_path_buf()));
        }
    }
    fs_err::create_dir_all(&folder).map_err(BackupError::Place)?;
    let mut written = HashSet::new();
    for repository in &config.repositories {
        let file = repository.key_file();
        let key = secret(backup, &format!("{KEYS}{}.pem", repository.name));
        // Two repositories may share a key.
        if let Some(key) = key.filter(|_| written.insert(file)) {
            write_secret(file, key).map_err(BackupError::Place)?;
        }
    }
    if let StorageUrl::Folder(files) = &config.storage {
        fs_err::create_dir_all(files).map_err(BackupError::Place)?;
    }
    fs_err::create_dir_all(&config.usage.spool_dir).map_err(BackupError::Place)?;
    write_secret(&path, text.as_bytes()).map_err(BackupError::Place)?;
    Ok(path)
}

fn secret<'a>(backup: &'a Backup, name: &str) -> Option<&'a [u8]> {
    let found = backup.secrets.iter().find(|(known, _)| known == name);
    found.map(|(_, bytes)| &**bytes)
}

/// For its owner's eyes only, durably, over nothing.
fn write_secret(path: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use fs_err::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
