//! `versions`: every package with its versions.

use prost::Message;
use serde::{Deserialize, Serialize};

use super::{DecodeError, OpenError, Texts, check_repository, open};
use crate::key::PublicKey;
use crate::proto::{self, required, versions as wire};

/// All packages of a repository with their versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The repository's name.
    pub repository: String,
    /// Its packages, in the order they are served.
    #[serde(default)]
    pub packages: Vec<VersionsEntry>,
}

/// One package in [`Versions`]. The positions are what was signed: they may point past the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionsEntry {
    /// The package's name.
    pub name: String,
    /// Its versions.
    #[serde(default)]
    pub versions: Texts,
    /// Positions in `versions`, from 0, of retired releases.
    #[serde(default)]
    pub retired: Vec<i32>,
    /// Positions in `versions`, from 0, of releases with a security advisory.
    #[serde(default)]
    pub with_advisories: Vec<i32>,
}

impl Versions {
    /// The payload that is signed.
    pub fn encode(&self) -> Vec<u8> {
        let packages = self.packages.iter().map(|entry| wire::Package {
            name: Some(entry.name.clone()),
            versions: entry.versions.clone(),
            retired: entry.retired.clone(),
            with_advisories: entry.with_advisories.clone(),
        });
        wire::Versions {
            packages: packages.collect(),
            repository: Some(self.repository.clone()),
        }
        .encode_to_vec()
    }

    /// Reads a payload whose signature has been checked.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let versions: wire::Versions = proto::decode(payload)?;
        let packages = versions.packages.into_iter().map(VersionsEntry::from_wire);
        Ok(Self {
            packages: packages.collect::<Result<_, _>>()?,
            repository: required(versions.repository, "Versions", "repository")?,
        })
    }

    /// Reads the file of `repository` as it is served, and checks its signature.
    pub fn open(file: &[u8], key: &PublicKey, repository: &str) -> Result<Self, OpenError> {
        let versions = open(file, key, Self::decode)?;
        check_repository(&versions.repository, repository)?;
        Ok(versions)
    }
}

impl VersionsEntry {
    fn from_wire(package: wire::Package) -> Result<Self, DecodeError> {
        Ok(Self {
            name: required(package.name, "Package", "name")?,
            versions: package.versions,
            retired: package.retired,
            with_advisories: package.with_advisories,
        })
    }
}
