//! Which repositories there are: those whose releases are published here, and prebuilt ones.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use skep_formats::key::PublicKey;
use skep_formats::name::RepositoryName;

use super::{App, StartError, keys};
use crate::config::{Config, Repository};
use crate::files::Tree;
use crate::prebuilt::{Prebuilt, Source};

/// A repository cannot be used for what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// The configuration has no such repository.
    #[error("there is no repository `{given}`; the configuration has `{known}`")]
    Unknown {
        /// What was given.
        given: RepositoryName,
        /// What there is; several separated.
        known: String,
    },
    /// It is prebuilt, and its key is not here.
    #[error(
        "repository `{0}` is prebuilt: its registry is built and signed elsewhere, and nothing is changed here; \
         use `skep registry build` where its key is, and `skep registry sync` to upload it"
    )]
    Prebuilt(RepositoryName),
}

impl App {
    /// The repository of that name, or the default one.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn repository(
        &self,
        name: Option<&RepositoryName>,
    ) -> Result<&Repository, RepositoryError> {
        let Some(name) = name else {
            return Ok(self.config.default_repository());
        };
        self.config
            .repository(name)
            .ok_or_else(|| RepositoryError::Unknown {
                given: name.clone(),
                known: keys::configured(&self.config),
            })
    }

    /// The same, for changing what is in it.
    ///
    /// # Errors
    /// There is none of that name, or it is prebuilt.
    pub fn managed_repository(
        &self,
        name: Option<&RepositoryName>,
    ) -> Result<&Repository, RepositoryError> {
        let repository = self.repository(name)?;
        match repository.prebuilt() {
            None => Ok(repository),
            Some(_) => Err(RepositoryError::Prebuilt(repository.name.clone())),
        }
    }

    /// A prebuilt repository; `None` when the configuration has no such one.
    #[must_use]
    pub fn prebuilt(&self, repository: &RepositoryName) -> Option<&Arc<Prebuilt>> {
        self.prebuilt.get(repository)
    }

    /// Every prebuilt repository, in the order of the configuration.
    pub fn all_prebuilt(&self) -> impl Iterator<Item = &Arc<Prebuilt>> {
        let repositories = self.config.repositories.iter();
        repositories.filter_map(|repository| self.prebuilt(&repository.name))
    }

    /// What verifies the registry of a repository, and its fingerprint; `None` when the configuration has
    /// no such repository.
    #[must_use]
    pub fn public_key(&self, repository: &RepositoryName) -> Option<(&PublicKey, &str)> {
        if let Some(signer) = self.signer(repository) {
            return Some((&signer.public_key, &signer.fingerprint));
        }
        let source = self.prebuilt(repository)?.source();
        Some((&source.public_key, &source.fingerprint))
    }
}

/// Every prebuilt repository of the configuration, by name.
pub(super) fn open_all_prebuilt(
    config: &Config,
) -> Result<HashMap<RepositoryName, Arc<Prebuilt>>, StartError> {
    let mut all = HashMap::new();
    for repository in &config.repositories {
        if let Some(prebuilt) = open_prebuilt(repository)? {
            all.insert(repository.name.clone(), Arc::new(prebuilt));
        }
    }
    Ok(all)
}

/// A prebuilt repository, of which nothing is read yet; `None` for a managed one.
pub(crate) fn open_prebuilt(repository: &Repository) -> Result<Option<Prebuilt>, StartError> {
    let Repository { name, .. } = repository;
    let Some(prebuilt) = repository.prebuilt() else {
        return Ok(None);
    };
    let public_key = keys::read_public_key(&prebuilt.public_key_file);
    let public_key = public_key.map_err(|source| StartError::PublicKey {
        repository: name.clone(),
        source,
    })?;
    let tree = Tree::open(&prebuilt.registry).map_err(|source| StartError::Registry {
        repository: name.clone(),
        source,
    })?;
    let source = Source {
        name: name.clone(),
        fingerprint: public_key.fingerprint(),
        public_key,
        tree,
    };
    let every = Duration::from_secs(prebuilt.refresh_seconds.into());
    Ok(Some(Prebuilt::new(source, every)))
}
