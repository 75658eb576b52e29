//! The secrets of an installation: signing keys from their files, the rest from the database.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use skep_formats::key::{KeyError, PrivateKey, PublicKey};
use skep_formats::name::RepositoryName;

use super::{Signer, StartError, fingerprint_of, fingerprint_setting};
use crate::clock::Clock;
use crate::config::{Config, Repository, RepositoryKind};
use crate::db::{self, Db, DbError};
use crate::oauth::signing::SigningKey;
use crate::oauth::tokens::TokenSigner;

pub(super) const LOCAL_URL_KEY: &str = "local_url_key";
const OAUTH_SIGNING_KEY: &str = "oauth_signing_key";

/// Why a file has no usable signing key. A new one is never made in its place.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// A public key is not there.
    #[error("there is no file `{}`", .0.display())]
    NoPublicKey(PathBuf),
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
    read_signing_key_file(path).map(|(signer, _)| signer)
}

/// The same, with the file's content.
pub(super) fn read_signing_key_file(path: &Path) -> Result<(Signer, Vec<u8>), KeyFileError> {
    let pem = fs_err::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => KeyFileError::Missing(path.to_path_buf()),
        _ => KeyFileError::Unreadable(error),
    })?;
    let invalid = |source| KeyFileError::Invalid {
        path: path.to_path_buf(),
        source,
    };
    let key = PrivateKey::from_pem(&pem).map_err(invalid)?;
    Ok((Signer::new(key), pem))
}

/// The fingerprint of the key in a repository's file.
///
/// # Errors
/// The file is missing, unreadable or has something else in it.
pub(crate) fn read_fingerprint(repository: &Repository) -> Result<String, KeyFileError> {
    match &repository.kind {
        RepositoryKind::Managed { private_key_file } => {
            read_signing_key(private_key_file).map(|signer| signer.fingerprint)
        }
        RepositoryKind::Prebuilt(prebuilt) => {
            read_public_key(&prebuilt.public_key_file).map(|key| key.fingerprint())
        }
    }
}

/// Reads the RSA key that verifies a prebuilt repository.
///
/// # Errors
/// The file is missing, unreadable or has something else in it: a private key, perhaps.
pub(super) fn read_public_key(path: &Path) -> Result<PublicKey, KeyFileError> {
    read_public_key_file(path).map(|(key, _)| key)
}

/// The same, with the file's content.
pub(super) fn read_public_key_file(path: &Path) -> Result<(PublicKey, Vec<u8>), KeyFileError> {
    let pem = fs_err::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => KeyFileError::NoPublicKey(path.to_path_buf()),
        _ => KeyFileError::Unreadable(error),
    })?;
    let key = PublicKey::from_pem(&pem).map_err(|source| KeyFileError::Invalid {
        path: path.to_path_buf(),
        source,
    })?;
    Ok((key, pem))
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
    let mut signers = HashMap::new();
    for Repository { name, kind } in &config.repositories {
        let RepositoryKind::Managed { private_key_file } = kind else {
            continue;
        };
        let wrong = |source| StartError::SigningKey {
            repository: name.clone(),
            source,
        };
        let signer = read_signing_key(private_key_file).map_err(wrong)?;
        signers.insert(name.clone(), Arc::new(signer));
    }
    Ok(signers)
}

/// The names in the configuration, for a sentence that puts them between backticks.
pub(super) fn configured(config: &Config) -> String {
    let names = config.repositories.iter().map(|it| it.name.as_str());
    names.collect::<Vec<_>>().join("`, `")
}

/// The repositories of which the database remembers a key or has packages, and that the configuration
/// does not name: somebody renamed them there, and their packages and products would be out of reach.
pub(crate) async fn unnamed_repositories(config: &Config, db: &Db) -> Result<Vec<String>, DbError> {
    let mut conn = db.read().await?;
    let settings = db::settings::names(&mut conn).await?;
    let remembered = settings
        .iter()
        .filter_map(|name| fingerprint_of(name))
        .map(str::to_owned);
    let mut known: BTreeSet<String> = remembered.collect();
    known.extend(db::packages::repositories(&mut conn).await?);
    known.retain(|name| {
        config
            .repositories
            .iter()
            .all(|it| it.name.as_str() != name)
    });
    Ok(known.into_iter().collect())
}

pub(super) async fn refuse_unnamed(config: &Config, db: &Db) -> Result<(), StartError> {
    let unnamed = unnamed_repositories(config, db).await?;
    if unnamed.is_empty() {
        return Ok(());
    }
    Err(StartError::UnnamedRepository {
        known: unnamed.join("`, `"),
        configured: configured(config),
    })
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
    let path = repository.key_file().display().to_string();
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

/// What signs access tokens: the same on every node.
pub(super) async fn token_signer(db: &Db, url: &str) -> Result<TokenSigner, DbError> {
    let text = setting(db, OAUTH_SIGNING_KEY, SigningKey::generate).await?;
    TokenSigner::new(&text, url).map_err(|error| DbError::Corrupt {
        table: "settings",
        id: OAUTH_SIGNING_KEY.to_owned(),
        problem: error.to_string(),
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
