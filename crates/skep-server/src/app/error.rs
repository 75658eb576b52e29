use skep_formats::name::RepositoryName;

use super::keys::KeyFileError;
use crate::db::{DbError, OpenError};
use crate::files::FilesError;

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A repository's signing key is missing or no good.
    #[error("the signing key of repository `{repository}` cannot be used")]
    SigningKey {
        /// Which repository.
        repository: RepositoryName,
        /// What is wrong with its file.
        source: KeyFileError,
    },
    /// A prebuilt repository's public key is missing or no good.
    #[error(
        "the public key of repository `{repository}` cannot be used; `public_key_file` names it"
    )]
    PublicKey {
        /// Which repository.
        repository: RepositoryName,
        /// What is wrong with its file.
        source: KeyFileError,
    },
    /// The place of a prebuilt repository.
    #[error(
        "the static registry of repository `{repository}` cannot be used; `registry_url` names it"
    )]
    Registry {
        /// Which repository.
        repository: RepositoryName,
        /// What is wrong with its place.
        source: FilesError,
    },
    /// A good key, but not the one that customers know.
    #[error(
        "the signing key of repository `{repository}` in `{path}` has the fingerprint `{found}`, but this repository \
         was signed with `{known}` until now and customers' tools trust only that: put the old key back"
    )]
    AnotherKey {
        /// Which repository.
        repository: RepositoryName,
        /// The key's file.
        path: String,
        /// What the file has.
        found: String,
        /// What it had.
        known: String,
    },
    /// A repository was renamed, or its section removed.
    #[error(
        "the database has repository `{known}`, and the configuration names only `{configured}`: customers' tools \
         know it as `{known}`, which is part of every signed file; put a [[repository]] with the name `{known}` back \
         into the configuration; another name is another repository, which \
         `skep init DIR --name NAME --private-key FILE` makes in a folder of its own, with the same key"
    )]
    UnnamedRepository {
        /// What the database has; several separated.
        known: String,
        /// What the configuration has; several separated.
        configured: String,
    },
    /// The folder or bucket of files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database was opened, and does not answer.
    #[error(transparent)]
    Database(#[from] DbError),
}
