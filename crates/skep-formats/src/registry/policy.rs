//! `policies/NAME`: what a build may depend on.

use prost::Message;
use serde::{Deserialize, Serialize};

use super::{
    AdvisorySeverity, DecodeError, OpenError, OverrideAction, RetirementReason, Visibility,
    check_name, check_repository, open,
};
use crate::key::PublicKey;
use crate::proto::{self, policy as wire, required};

/// A named policy of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The repository's name.
    pub repository: String,
    /// The policy's name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who may read it.
    pub visibility: Visibility,
    /// What it says about which repository; releases of others are not restricted.
    #[serde(default)]
    pub repositories: Vec<RepositoryPolicy>,
}

/// What a policy says about one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryPolicy {
    /// The repository it is about.
    pub repository: String,
    /// What applies to every release, unless an override says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restriction: Option<Restriction>,
    /// What applies to single packages.
    #[serde(default)]
    pub overrides: Vec<Override>,
}

/// Which releases a policy refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// Those with an advisory at least this severe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisory_min_severity: Option<AdvisorySeverity>,
    /// Those retired for one of these reasons.
    #[serde(default)]
    pub retirement_reasons: Vec<RetirementReason>,
    /// Those younger than this, such as `7d`, `2w` or `1mo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<String>,
}

/// An exception for one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// What it does.
    pub action: OverrideAction,
    /// What it is about; the schema calls it `ref`.
    #[serde(rename = "ref")]
    pub package_ref: PackageRef,
    /// The advisory that [`OverrideAction::Advisory`] accepts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisory_id: Option<String>,
    /// The reason that [`OverrideAction::Retirement`] accepts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retirement_reason: Option<RetirementReason>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A package, or those of its versions that satisfy a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageRef {
    /// The package's name.
    pub package: String,
    /// Which versions; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
}

impl Policy {
    /// The payload that is signed.
    pub fn encode(&self) -> Vec<u8> {
        let repositories = self.repositories.iter().map(RepositoryPolicy::to_wire);
        wire::Policy {
            repository: Some(self.repository.clone()),
            name: Some(self.name.clone()),
            description: self.description.clone(),
            visibility: Some(self.visibility.number()),
            repositories: repositories.collect(),
        }
        .encode_to_vec()
    }

    /// Reads a payload whose signature has been checked. A visibility that is unknown reads as
    /// private.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let policy: wire::Policy = proto::decode(payload)?;
        let repositories = policy
            .repositories
            .into_iter()
            .map(RepositoryPolicy::from_wire);
        let visibility = required(policy.visibility, "Policy", "visibility")?;
        Ok(Self {
            repository: required(policy.repository, "Policy", "repository")?,
            name: required(policy.name, "Policy", "name")?,
            description: policy.description,
            visibility: Visibility::from_number(visibility),
            repositories: repositories.collect::<Result<_, _>>()?,
        })
    }

    /// Reads the file of the policy `name` in `repository` as it is served, and checks its signature.
    pub fn open(
        file: &[u8],
        key: &PublicKey,
        repository: &str,
        name: &str,
    ) -> Result<Self, OpenError> {
        let policy = open(file, key, Self::decode)?;
        check_repository(&policy.repository, repository)?;
        check_name(&policy.name, name)?;
        Ok(policy)
    }
}

impl RepositoryPolicy {
    fn to_wire(&self) -> wire::RepositoryPolicy {
        wire::RepositoryPolicy {
            repository: Some(self.repository.clone()),
            restriction: self.restriction.as_ref().map(Restriction::to_wire),
            overrides: self.overrides.iter().map(Override::to_wire).collect(),
        }
    }

    fn from_wire(policy: wire::RepositoryPolicy) -> Result<Self, DecodeError> {
        let overrides = policy.overrides.into_iter().map(Override::from_wire);
        Ok(Self {
            repository: required(policy.repository, "RepositoryPolicy", "repository")?,
            restriction: policy.restriction.map(Restriction::from_wire),
            overrides: overrides.collect::<Result<_, _>>()?,
        })
    }
}

impl Restriction {
    fn to_wire(&self) -> wire::Restriction {
        let reasons = self.retirement_reasons.iter();
        wire::Restriction {
            advisory_min_severity: self.advisory_min_severity.map(AdvisorySeverity::number),
            retirement_reasons: reasons.map(|reason| reason.number()).collect(),
            cooldown: self.cooldown.clone(),
        }
    }

    fn from_wire(restriction: wire::Restriction) -> Self {
        let severity = restriction.advisory_min_severity;
        let reasons = restriction.retirement_reasons.into_iter();
        Self {
            advisory_min_severity: severity.map(AdvisorySeverity::from_number),
            retirement_reasons: reasons.map(RetirementReason::from_number).collect(),
            cooldown: restriction.cooldown,
        }
    }
}

impl Override {
    fn to_wire(&self) -> wire::Override {
        wire::Override {
            action: Some(self.action.number()),
            r#ref: Some(wire::PackageRef {
                package: Some(self.package_ref.package.clone()),
                requirement: self.package_ref.requirement.clone(),
            }),
            advisory_id: self.advisory_id.clone(),
            retirement_reason: self.retirement_reason.map(RetirementReason::number),
            comment: self.comment.clone(),
        }
    }

    fn from_wire(wire: wire::Override) -> Result<Self, DecodeError> {
        let package_ref = required(wire.r#ref, "Override", "ref")?;
        let reason = wire.retirement_reason;
        Ok(Self {
            action: OverrideAction::from_number(required(wire.action, "Override", "action")?),
            package_ref: PackageRef {
                package: required(package_ref.package, "PackageRef", "package")?,
                requirement: package_ref.requirement,
            },
            advisory_id: wire.advisory_id,
            retirement_reason: reason.map(RetirementReason::from_number),
            comment: wire.comment,
        })
    }
}
