//! Grants: releases that a license may see by name, whatever its products and dates say.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;

use crate::clock::Timestamp;

/// A release named by repository, package and version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ReleaseName {
    /// Where it is.
    pub repository: RepositoryName,
    /// Its package.
    pub package: PackageName,
    /// Its version.
    pub version: Version,
}

/// `package version`, as people and lock files say it.
impl fmt::Display for ReleaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.version)
    }
}

/// One release that a license may see by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Which release.
    #[serde(flatten)]
    pub release: ReleaseName,
    /// Since when.
    pub granted_at: Timestamp,
    /// Why.
    pub origin: Origin,
}

/// Where a grant came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The seller gave it.
    Seller,
    /// The license was narrowed after it had downloaded the release.
    Narrowing,
}

impl Origin {
    /// The origin in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Narrowing => "narrowing",
        }
    }
}

/// No such origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the origin of a grant: seller or narrowing")]
pub struct UnknownOrigin(String);

impl FromStr for Origin {
    type Err = UnknownOrigin;
    fn from_str(text: &str) -> Result<Self, UnknownOrigin> {
        [Self::Seller, Self::Narrowing]
            .into_iter()
            .find(|origin| origin.as_str() == text)
            .ok_or_else(|| UnknownOrigin(text.to_owned()))
    }
}
