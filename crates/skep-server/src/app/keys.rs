//! The secrets of an installation: signing keys from their files, the rest from the database.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use skep_formats::key::{KeyError, PrivateKey};
use skep_formats::name::RepositoryName;

use super::{Signer, StartError, fingerprint_setting};
use crate::clock::Clock;
use crate::config::{Config, Repository};
use crate::db::{self, Db, DbError};

pub(super) const LOCAL_URL_KEY: &str = "local_url_key";

/// Why a file has no usable signing key. A new one is never made in its place.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Not there.
    #[error("there is no file `{}`: restore it from where you keep a copy; a new key would lock every customer out", .0.display())]
    Missing(PathBuf),
    /// Not readable; the cause names the file.
    #[error("its file cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// Read, but no RSA private key.
    #[error("`{}`: {source}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
}

/// Reads the RSA key of a repository.
///
/// # Errors
/// The file is missing, unreadable or has something else in it.
pub fn read_signing_key(path: &Path) -> Result<Signer, KeyFileError> {
    let pem = fs_err::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => KeyFileError::Missing(path.to_path_buf()),
        _ => KeyFileError::Unreadable(error),
    })?;
    let invalid = |source| KeyFileError::Invalid {
        path: path.to_path_buf(),
        source,
    };
    PrivateKey::from_pem(&pem).map(Signer::new).map_err(invalid)
}

impl Signer {
    pub(super) fn new(private_key: PrivateKey) -> Self {
        let public_key = private_key.public_key();
        let fingerprint = public_key.fingerprint();
        Self {
            private_key,
            public_key,
            fingerprint,
        }
    }
}

pub(super) fn read_all(
    config: &Config,
) -> Result<HashMap<RepositoryName, Arc<Signer>>, StartError> {
    let read = |repository: &Repository| {
        let wrong = |source| StartError::SigningKey {
            repository: repository.name.clone(),
            source,
        };
        let signer = read_signing_key(&repository.private_key_file).map_err(wrong)?;
        Ok((repository.name.clone(), Arc::new(signer)))
    };
    config.repositories.iter().map(read).collect()
}

/// Remembers the key of a new repository, or compares it with the one it had.
pub(super) async fn remember(
    db: &Db,
    repository: &Repository,
    found: &str,
) -> Result<(), StartError> {
    let known = setting(db, &fingerprint_setting(&repository.name), || {
        found.to_owned()
    })
    .await?;
    if known == found {
        return Ok(());
    }
    let path = repository.private_key_file.display().to_string();
    Err(StartError::AnotherKey {
        repository: repository.name.clone(),
        path,
        found: found.to_owned(),
        known,
    })
}

pub(super) async fn local_url_key(db: &Db, clock: &Clock) -> Result<[u8; 32], DbError> {
    let text = setting(db, LOCAL_URL_KEY, || HEXLOWER.encode(&clock.random::<32>())).await?;
    let bytes = HEXLOWER.decode(text.as_bytes()).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| DbError::Corrupt {
            table: "settings",
            id: LOCAL_URL_KEY.to_owned(),
            problem: "it is not 64 hexadecimal digits".to_owned(),
        })
}

/// What the database has, or `new` if it has nothing. Two processes that meet here get the same.
async fn setting(db: &Db, name: &str, new: impl FnOnce() -> String) -> Result<String, DbError> {
    if let Some(value) = db::settings::find(&mut db.read().await?, name).await? {
        return Ok(value);
    }
    let new = new();
    let mut tx = db.begin().await?;
    if db::settings::insert(&mut tx, name, &new).await? {
        tx.commit().await?;
        return Ok(new);
    }
    let value = db::settings::find(&mut tx, name).await?;
    Ok(value.unwrap_or(new))
}
