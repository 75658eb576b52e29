//! `skep backup`: all of an installation in one file, while it is in use.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use skep_formats::checksum::Sha256;
use tempfile::NamedTempFile;

use super::archive::Writer;
use super::check::{Backup, check_by_restoring};
use super::contents::{file_keys, read_whole, repositories, secrets};
use super::error::BackupError;
use super::manifest::{
    FILES, FORMAT, HEAD, Head, MANIFEST, Manifest, SEAL, StoredFiles, TABLES, TableContent,
};
use super::rows::Part;
use super::{Progress, Watcher};
use crate::clock::Clock;
use crate::config::{Config, StorageUrl};
use crate::db::transfer::{KNOWN_SCHEMA, Row, Source, Table, Tally, tables};
use crate::db::{Db, OpenMode};
use crate::files::{FileKey, Files};

/// What to put where.
#[derive(Clone, Debug)]
pub struct BackupOptions {
    /// The file to make.
    pub file: PathBuf,
    /// Whether tarballs and docs belong into it; `None`: those of a folder do, those of a bucket do not.
    pub with_files: Option<bool>,
    /// The configuration file, which belongs into it with the signing keys; `None` leaves them out.
    pub configuration: Option<PathBuf>,
    /// Whether it is restored into a temporary place and compared before it gets its name.
    pub is_verified: bool,
}

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct BackedUp {
    /// Its size.
    pub bytes: u64,
    /// What it is.
    pub head: Head,
    /// What is in it.
    pub manifest: Manifest,
}

/// Makes a backup beside whatever else is going on. It gets its name once it is complete, on disk and,
/// unless that is turned off, restored and compared.
///
/// # Errors
/// See [`BackupError`]; then there is no file of that name.
pub async fn backup(
    config: &Config,
    clock: &Clock,
    options: &BackupOptions,
    watcher: Watcher<'_>,
) -> Result<BackedUp, BackupError> {
    if fs_err::symlink_metadata(&options.file).is_ok() {
        return Err(BackupError::Exists(options.file.clone()));
    }
    let secrets = secrets(config, options.configuration.as_deref())?;
    let files = Files::open(&config.storage)?;
    let folder = folder_of(&options.file);
    let partial = tempfile::Builder::new()
        .prefix(".skep-backup-")
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(BackupError::Write)?;
    let (url, pool) = (config.database.reveal(), &config.database_pool);
    let db = Db::open_with(url, OpenMode::Existing, pool).await?;
    let source = Source::open(&db).await;
    let written = async {
        let plan = Plan {
            files: files_wanted(config, options).then_some(&files),
            clock,
            watcher,
        };
        plan.write(source?, &partial, secrets).await
    }
    .await;
    db.close().await;
    let (head, manifest) = written?;
    if options.is_verified {
        watcher(Progress::Verifying);
        let made = Backup::open(partial.path()).await?;
        check_by_restoring(&made, folder, clock, watcher).await?;
    }
    let bytes = keep(partial, &options.file)?;
    Ok(BackedUp {
        bytes,
        head,
        manifest,
    })
}

fn files_wanted(config: &Config, options: &BackupOptions) -> bool {
    let is_folder = matches!(config.storage, StorageUrl::Folder(_));
    options.with_files.unwrap_or(is_folder)
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives the file its name, unless somebody else took it meanwhile.
fn keep(partial: NamedTempFile, file: &Path) -> Result<u64, BackupError> {
    let kept = partial.persist_noclobber(file).map_err(|error| {
        if error.error.kind() == std::io::ErrorKind::AlreadyExists {
            BackupError::Exists(file.to_path_buf())
        } else {
            BackupError::Write(error.error)
        }
    })?;
    let size = kept.metadata().map_err(BackupError::Write)?.len();
    let folder = fs_err::File::open(folder_of(file)).map_err(BackupError::Write)?;
    folder.sync_all().map_err(BackupError::Write)?;
    Ok(size)
}

/// What is needed to write one.
struct Plan<'a> {
    files: Option<&'a Files>,
    clock: &'a Clock,
    watcher: Watcher<'a>,
}

impl Plan<'_> {
    async fn write(
        &self,
        mut source: Source,
        partial: &NamedTempFile,
        secrets: Vec<(String, Bytes)>,
    ) -> Result<(Head, Manifest), BackupError> {
        let head = Head {
            skep_backup: FORMAT,
            skep: env!("CARGO_PKG_VERSION").to_owned(),
            schema: KNOWN_SCHEMA,
            created_at: self.clock.now(),
            tables: tables(),
        };
        let file = partial.as_file().try_clone().map_err(BackupError::Write)?;
        let mut writer = Writer::start(file, head.created_at);
        writer.put(HEAD, json(&head)?).await?;
        let configuration = secrets.iter().map(|(name, _)| name.clone()).collect();
        for (name, bytes) in secrets {
            writer.put(name, bytes).await?;
        }
        let tables = self.tables(&mut source, &mut writer).await?;
        let keys = file_keys(source.conn()).await?;
        let repositories = repositories(source.conn()).await?;
        // The moment has been read: files never change, and none goes away.
        drop(source);
        let (files, missing) = self.files(&keys, &mut writer).await?;
        let sum = std::mem::replace(&mut writer.sum, super::archive::Sum::new());
        let manifest = Manifest {
            tables,
            files,
            missing,
            repositories,
            configuration,
            members: sum.members,
            checksum: sum.finish(),
        };
        let text = json(&manifest)?;
        let seal = Sha256::of(&text).to_string();
        writer.put(MANIFEST, text).await?;
        writer.put(SEAL, seal).await?;
        writer.finish().await?;
        Ok((head, manifest))
    }

    async fn tables(
        &self,
        source: &mut Source,
        writer: &mut Writer,
    ) -> Result<Vec<TableContent>, BackupError> {
        let mut contents = Vec::new();
        for table in tables() {
            let content = self.table(&table, source, writer).await?.counted();
            contents.push(TableContent {
                name: table.name,
                content,
            });
        }
        Ok(contents)
    }

    async fn table(
        &self,
        table: &Table,
        source: &mut Source,
        writer: &mut Writer,
    ) -> Result<Tally, BackupError> {
        let (mut tally, mut part, mut number) = (Tally::default(), Part::default(), 1);
        source
            .read(table, async |rows: Vec<Row>| {
                for row in &rows {
                    tally.add(row);
                    part.add(row).map_err(json_error)?;
                }
                (self.watcher)(Progress::Rows {
                    table: &table.name,
                    rows: tally.rows,
                });
                if part.is_complete() {
                    put_part(writer, table, number, std::mem::take(&mut part)).await?;
                    number += 1;
                }
                Ok::<(), BackupError>(())
            })
            .await?;
        if !part.is_empty() {
            put_part(writer, table, number, part).await?;
        }
        Ok(tally)
    }

    /// Which files were written, and which there are not.
    async fn files(
        &self,
        keys: &[FileKey],
        writer: &mut Writer,
    ) -> Result<(Option<StoredFiles>, Vec<String>), BackupError> {
        let Some(files) = self.files else {
            return Ok((None, Vec::new()));
        };
        let (mut stored, mut missing) = (StoredFiles::default(), Vec::new());
        for key in keys {
            match read_whole(files, key).await? {
                Some(bytes) => {
                    stored.count += 1;
                    stored.bytes += bytes.len() as u64;
                    writer.put(format!("{FILES}{}", key.path()), bytes).await?;
                }
                None => missing.push(key.path()),
            }
            (self.watcher)(Progress::Files {
                done: stored.count + missing.len() as u64,
                total: keys.len() as u64,
            });
        }
        Ok((Some(stored), missing))
    }
}

async fn put_part(
    writer: &mut Writer,
    table: &Table,
    number: u64,
    part: Part,
) -> Result<(), BackupError> {
    let packed = part.packed().map_err(BackupError::Write)?;
    let name = format!("{TABLES}{}/{number:06}.jsonl.gz", table.name);
    writer.put(name, packed).await
}

fn json(value: &impl serde::Serialize) -> Result<Bytes, BackupError> {
    let text = serde_json::to_vec_pretty(value).map_err(json_error)?;
    Ok(text.into())
}

fn json_error(error: serde_json::Error) -> BackupError {
    BackupError::Write(error.into())
}
