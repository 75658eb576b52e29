//! What belongs into a backup beside the tables.

use std::collections::HashMap;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use skep_formats::checksum::Sha256;

use super::error::BackupError;
use super::manifest::{CONFIGURATION, KEYS, RepositoryKey};
use crate::config::Config;
use crate::db::{self, Conn, DbError};
use crate::files::{FileKey, Files, FilesError};

/// The configuration and the keys that sign, by the names they get in the backup.
pub(super) fn secrets(
    config: &Config,
    configuration: Option<&Path>,
) -> Result<Vec<(String, Bytes)>, BackupError> {
    let Some(configuration) = configuration else {
        return Ok(Vec::new());
    };
    let read = |path: &Path, what: String| {
        fs_err::read(path)
            .map(Bytes::from)
            .map_err(|source| BackupError::Secret { what, source })
    };
    let text = read(configuration, "the configuration".to_owned())?;
    let mut secrets = vec![(CONFIGURATION.to_owned(), text)];
    for repository in &config.repositories {
        let what = format!("the key of repository `{}`", repository.name);
        let key = read(repository.key_file(), what)?;
        secrets.push((format!("{KEYS}{}.pem", repository.name), key));
    }
    Ok(secrets)
}

/// A file as it was published, or `None`: the doctor knows more about those.
pub(super) async fn read_whole(files: &Files, key: &FileKey) -> Result<Option<Bytes>, FilesError> {
    let opened = match files.open_file(key, None).await {
        Ok(opened) => opened,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = BytesMut::new();
    let mut stream = opened.stream;
    loop {
        match stream.try_next().await {
            Ok(Some(block)) => bytes.extend_from_slice(&block),
            Ok(None) => break,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Ok(None),
            Err(error) => return Err(files.away(error)),
        }
    }
    let bytes = bytes.freeze();
    Ok((Sha256::of(&bytes) == key.checksum()).then_some(bytes))
}

/// Every file that a release names.
pub(super) async fn file_keys(conn: &mut Conn) -> Result<Vec<FileKey>, DbError> {
    let packages = db::packages::list(conn).await?;
    let packages: HashMap<_, _> = packages.into_iter().map(|it| (it.id, it)).collect();
    let mut keys = Vec::new();
    for release in db::releases::list_all(conn).await? {
        let Some(package) = packages.get(&release.package) else {
            continue;
        };
        keys.push(release.tarball_key(package));
        keys.extend(release.docs_key(package));
    }
    Ok(keys)
}

/// The keys that customers know.
pub(super) async fn repositories(conn: &mut Conn) -> Result<Vec<RepositoryKey>, DbError> {
    let mut repositories = Vec::new();
    for setting in db::settings::names(conn).await? {
        let Some(name) = crate::app::fingerprint_of(&setting) else {
            continue;
        };
        if let Some(fingerprint) = db::settings::find(conn, &setting).await? {
            let name = name.to_owned();
            repositories.push(RepositoryKey { name, fingerprint });
        }
    }
    Ok(repositories)
}
