//! `packages/NAME`: the releases of one package, as dependency resolution needs them.

use prost::Message;
use serde::{Deserialize, Serialize};

use super::{
    AdvisorySeverity, DecodeError, OpenError, RetirementReason, Timestamp, check_name,
    check_repository, open,
};
use crate::checksum::Sha256;
use crate::key::PublicKey;
use crate::proto::{self, package as wire, required};

/// A package with all its releases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Package {
    /// The repository's name.
    pub repository: String,
    /// The package's name.
    pub name: String,
    /// Its releases, in the order they are served.
    #[serde(default)]
    pub releases: Vec<Release>,
    /// The security advisories that releases point to.
    #[serde(default)]
    pub advisories: Vec<SecurityAdvisory>,
}

/// One release of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its version.
    pub version: String,
    /// The checksum over the files inside the tarball, which older clients verify.
    pub inner_checksum: Sha256,
    /// The checksum of the tarball itself; only old registries lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer_checksum: Option<Sha256>,
    /// What it depends on.
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
    /// Why it should not be used any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Retirement>,
    /// Positions in [`Package::advisories`], from 0.
    #[serde(default)]
    pub advisory_indexes: Vec<u32>,
    /// When it was first published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
}

/// What a release depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The package's name.
    pub package: String,
    /// Which of its versions will do.
    pub requirement: String,
    /// Whether it is only used when something else brings it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
    /// Its OTP application, where that has another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Its repository, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

/// That a release is retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retirement {
    /// The kind of reason.
    pub reason: RetirementReason,
    /// The reason in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A known vulnerability of some releases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityAdvisory {
    /// Such as a GHSA or CVE identifier.
    pub id: String,
    /// What it is about.
    pub summary: String,
    /// The page for people.
    pub html_url: String,
    /// The address for programs.
    pub api_url: String,
    /// How severe it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<AdvisorySeverity>,
    /// Its CVSS score, 0.0 to 10.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cvss_score: Option<f32>,
    /// Other identifiers of the same vulnerability.
    #[serde(default)]
    pub aliases: Vec<String>,
}

impl Package {
    /// The payload that is signed.
    pub fn encode(&self) -> Vec<u8> {
        wire::Package {
            releases: self.releases.iter().map(Release::to_wire).collect(),
            name: Some(self.name.clone()),
            repository: Some(self.repository.clone()),
            advisories: self
                .advisories
                .iter()
                .map(SecurityAdvisory::to_wire)
                .collect(),
        }
        .encode_to_vec()
    }

    /// Reads a payload whose signature has been checked.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let package: wire::Package = proto::decode(payload)?;
        let releases = package.releases.into_iter().map(Release::from_wire);
        let advisories = package
            .advisories
            .into_iter()
            .map(SecurityAdvisory::from_wire);
        Ok(Self {
            releases: releases.collect::<Result<_, _>>()?,
            advisories: advisories.collect::<Result<_, _>>()?,
            name: required(package.name, "Package", "name")?,
            repository: required(package.repository, "Package", "repository")?,
        })
    }

    /// Reads the file of the package `name` in `repository` as it is served, and checks its
    /// signature.
    pub fn open(
        file: &[u8],
        key: &PublicKey,
        repository: &str,
        name: &str,
    ) -> Result<Self, OpenError> {
        let package = open(file, key, Self::decode)?;
        check_repository(&package.repository, repository)?;
        check_name(&package.name, name)?;
        Ok(package)
    }
}

impl Release {
    fn to_wire(&self) -> wire::Release {
        wire::Release {
            version: Some(self.version.clone()),
            inner_checksum: Some(self.inner_checksum.0.to_vec()),
            dependencies: self.dependencies.iter().map(Dependency::to_wire).collect(),
            retired: self.retired.as_ref().map(Retirement::to_wire),
            outer_checksum: self.outer_checksum.map(|checksum| checksum.0.to_vec()),
            advisory_indexes: self.advisory_indexes.clone(),
            published_at: self.published_at.map(Timestamp::to_wire),
        }
    }

    fn from_wire(release: wire::Release) -> Result<Self, DecodeError> {
        let inner = required(release.inner_checksum, "Release", "inner_checksum")?;
        let outer = release.outer_checksum;
        let dependencies = release.dependencies.into_iter().map(Dependency::from_wire);
        Ok(Self {
            version: required(release.version, "Release", "version")?,
            inner_checksum: checksum(&inner, "inner_checksum")?,
            outer_checksum: outer
                .map(|outer| checksum(&outer, "outer_checksum"))
                .transpose()?,
            dependencies: dependencies.collect::<Result<_, _>>()?,
            retired: release.retired.map(Retirement::from_wire).transpose()?,
            advisory_indexes: release.advisory_indexes,
            published_at: release.published_at.map(Timestamp::from_wire).transpose()?,
        })
    }
}

fn checksum(bytes: &[u8], field: &'static str) -> Result<Sha256, DecodeError> {
    Sha256::try_from(bytes).map_err(|_| DecodeError::Checksum {
        field,
        length: bytes.len(),
    })
}

impl Dependency {
    fn to_wire(&self) -> wire::Dependency {
        wire::Dependency {
            package: Some(self.package.clone()),
            requirement: Some(self.requirement.clone()),
            optional: self.optional,
            app: self.app.clone(),
            repository: self.repository.clone(),
        }
    }

    fn from_wire(dependency: wire::Dependency) -> Result<Self, DecodeError> {
        Ok(Self {
            package: required(dependency.package, "Dependency", "package")?,
            requirement: required(dependency.requirement, "Dependency", "requirement")?,
            optional: dependency.optional,
            app: dependency.app,
            repository: dependency.repository,
        })
    }
}

impl Retirement {
    fn to_wire(&self) -> wire::RetirementStatus {
        wire::RetirementStatus {
            reason: Some(self.reason.number()),
            message: self.message.clone(),
        }
    }

    fn from_wire(status: wire::RetirementStatus) -> Result<Self, DecodeError> {
        let reason = required(status.reason, "RetirementStatus", "reason")?;
        Ok(Self {
            reason: RetirementReason::from_number(reason),
            message: status.message,
        })
    }
}

impl SecurityAdvisory {
    fn to_wire(&self) -> wire::SecurityAdvisory {
        wire::SecurityAdvisory {
            id: Some(self.id.clone()),
            summary: Some(self.summary.clone()),
            html_url: Some(self.html_url.clone()),
            severity: self.severity.map(AdvisorySeverity::number),
            cvss_score: self.cvss_score,
            api_url: Some(self.api_url.clone()),
            aliases: self.aliases.clone(),
        }
    }

    fn from_wire(advisory: wire::SecurityAdvisory) -> Result<Self, DecodeError> {
        let message = "SecurityAdvisory";
        Ok(Self {
            id: required(advisory.id, message, "id")?,
            summary: required(advisory.summary, message, "summary")?,
            html_url: required(advisory.html_url, message, "html_url")?,
            api_url: required(advisory.api_url, message, "api_url")?,
            severity: advisory.severity.map(AdvisorySeverity::from_number),
            cvss_score: advisory.cvss_score,
            aliases: advisory.aliases,
        })
    }
}
