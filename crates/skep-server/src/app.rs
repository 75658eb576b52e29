//! What commands and the server share, built once: configuration, database, files, clock and the
//! signing keys. A running server adds what it holds in memory; a command never loads that.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use skep_formats::key::{PrivateKey, PublicKey};
use skep_formats::name::RepositoryName;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Db, DbError, OpenMode};
use crate::files::Files;
use crate::oauth::tokens::TokenSigner;
use crate::prebuilt::Prebuilt;

mod error;
pub mod init;
mod keys;
mod repositories;

#[cfg(test)]
pub(crate) mod tests;

pub use error::StartError;
pub use keys::{KeyFileError, read_signing_key};
pub(crate) use keys::{read_fingerprint, unnamed_repositories};
pub use repositories::RepositoryError;
pub(crate) use repositories::open_prebuilt;

/// Everything a command needs. Shared as `Arc<App>` or `&App`.
pub struct App {
    /// What the seller set.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The tarballs.
    pub files: Files,
    /// The time.
    pub clock: Clock,
    signers: HashMap<RepositoryName, Arc<Signer>>,
    prebuilt: HashMap<RepositoryName, Arc<Prebuilt>>,
    local_url_key: [u8; 32],
    tokens: TokenSigner,
}

/// A repository's signing key with what follows from it.
#[derive(Debug)]
pub struct Signer {
    /// Signs the registry.
    pub private_key: PrivateKey,
    /// Verifies it.
    pub public_key: PublicKey,
    /// What customers compare: `SHA256:…`.
    pub fingerprint: String,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("config", &self.config)
            .field("db", &self.db)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Opens the database, the files and the signing keys of a configuration. A repository's key is
    /// remembered the first time it is seen; another one later is refused, because customers' tools
    /// would refuse what it signs. So is a configuration that no longer names a repository which the
    /// database has.
    ///
    /// # Errors
    /// Anything missing or wrong; nothing is made in its place.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        Self::open_in(OpenMode::Existing, config, clock).await
    }

    /// The same for a node: it serves from a database that a newer version has migrated as well, and
    /// writes nothing to it.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_to_serve(config: Config, clock: Clock) -> Result<Self, StartError> {
        Self::open_in(OpenMode::Serving, config, clock).await
    }

    async fn open_in(mode: OpenMode, config: Config, clock: Clock) -> Result<Self, StartError> {
        let signers = keys::read_all(&config)?;
        let prebuilt = repositories::open_all_prebuilt(&config)?;
        let trees = prebuilt
            .values()
            .map(|it| (it.source().name.clone(), it.source().tree.clone()));
        let files = Files::open(&config.storage)?.with_trees(trees.collect());
        let (url, pool) = (config.database.reveal(), &config.database_pool);
        let db = Db::open_with(url, mode, pool).await?;
        // Before anything is remembered under a new name.
        keys::refuse_unnamed(&config, &db).await?;
        for repository in &config.repositories {
            let name = &repository.name;
            let signer = signers.get(name).map(|it| &it.fingerprint);
            let source = prebuilt.get(name).map(|it| &it.source().fingerprint);
            if let Some(fingerprint) = signer.or(source) {
                keys::remember(&db, repository, fingerprint).await?;
            }
        }
        let local_url_key = keys::local_url_key(&db, &clock).await?;
        let tokens = keys::token_signer(&db, &config.server.url).await?;
        Ok(Self {
            config,
            db,
            files,
            clock,
            signers,
            prebuilt,
            local_url_key,
            tokens,
        })
    }

    /// The signing key of a repository; `None` when the configuration has no such repository, or its key
    /// is elsewhere.
    #[must_use]
    pub fn signer(&self, repository: &RepositoryName) -> Option<&Arc<Signer>> {
        self.signers.get(repository)
    }

    /// What signs access tokens: the same on every node.
    #[must_use]
    pub const fn tokens(&self) -> &TokenSigner {
        &self.tokens
    }

    /// The HMAC key of local signed URLs: the same on every node.
    #[must_use]
    pub const fn local_url_key(&self) -> &[u8; 32] {
        &self.local_url_key
    }
}

/// What the name of such a setting begins with; the repository's name follows.
const FINGERPRINT_SETTING: &str = "signing_key_fingerprint:";

/// The name under which the database remembers the fingerprint of a repository's key.
pub(crate) fn fingerprint_setting(repository: &RepositoryName) -> String {
    format!("{FINGERPRINT_SETTING}{repository}")
}

/// The fingerprint that the database remembers for a repository.
pub(crate) async fn remembered_fingerprint(
    db: &Db,
    repository: &RepositoryName,
) -> Result<Option<String>, DbError> {
    db::settings::find(&mut db.read().await?, &fingerprint_setting(repository)).await
}

/// The repository whose fingerprint a setting is, if it is one.
pub(crate) fn fingerprint_of(setting: &str) -> Option<&str> {
    setting.strip_prefix(FINGERPRINT_SETTING)
}
