//! `names`: which packages a repository has.

use prost::Message;
use serde::{Deserialize, Serialize};

use super::{DecodeError, OpenError, Timestamp, check_repository, open};
use crate::key::PublicKey;
use crate::proto::{self, names as wire, required};

/// All packages of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// The repository's name.
    pub repository: String,
    /// Its packages, in the order they are served.
    #[serde(default)]
    pub packages: Vec<NamesEntry>,
}

/// One package in [`Names`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesEntry {
    /// The package's name.
    pub name: String,
    /// When the package last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

impl Names {
    /// The payload that is signed.
    pub fn encode(&self) -> Vec<u8> {
        let packages = self.packages.iter().map(|entry| wire::Package {
            name: Some(entry.name.clone()),
            updated_at: entry.updated_at.map(Timestamp::to_wire),
        });
        wire::Names {
            packages: packages.collect(),
            repository: Some(self.repository.clone()),
        }
        .encode_to_vec()
    }

    /// Reads a payload whose signature has been checked.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let names: wire::Names = proto::decode(payload)?;
        let packages = names.packages.into_iter().map(NamesEntry::from_wire);
        Ok(Self {
            packages: packages.collect::<Result<_, _>>()?,
            repository: required(names.repository, "Names", "repository")?,
        })
    }

    /// Reads the file of `repository` as it is served, and checks its signature.
    pub fn open(file: &[u8], key: &PublicKey, repository: &str) -> Result<Self, OpenError> {
        let names = open(file, key, Self::decode)?;
        check_repository(&names.repository, repository)?;
        Ok(names)
    }
}

impl NamesEntry {
    fn from_wire(package: wire::Package) -> Result<Self, DecodeError> {
        Ok(Self {
            name: required(package.name, "Package", "name")?,
            updated_at: package.updated_at.map(Timestamp::from_wire).transpose()?,
        })
    }
}
