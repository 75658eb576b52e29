//! Taking releases over from another hosting, as they are: bytes, checksums, dependencies, retirement and
//! date. What is here already is compared, and changed only where that was asked for.

use skep_formats::checksum::Sha256;
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::registry;
use skep_formats::version::Version;

use crate::app::RepositoryError;
use crate::catalog::find::CatalogError;
use crate::catalog::publish::PublishError;
use crate::clock::Timestamp;
use crate::db::DbError;
use crate::files::FilesError;
use crate::licensing::grant::ReleaseName;

mod plan;
mod take;

#[cfg(test)]
mod tests;

pub use plan::{Action, Amendment, Held, Plan, Step, plan};
pub use take::{Taken, amend, take};

/// A release as another hosting's registry names it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its package.
    pub package: PackageName,
    /// Its version.
    pub version: Version,
    /// Its entry in the registry.
    pub listed: registry::Release,
    /// When it was first published.
    pub dating: Dating,
    /// Whether there is documentation of it; unknown where only asking for it tells.
    pub has_docs: Option<bool>,
}

/// How the date of a first publication is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dating {
    /// The registry has it, or the seller's list.
    Stated(Timestamp),
    /// It is to be that of the tarball's file, which is known when that is there.
    OfFile,
    /// Nobody says.
    Unknown,
}

/// Why a release was not taken over, or nothing was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The configuration has no such repository, or nothing is changed in it here.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A license would see too much or too little.
    #[error("{} no date, and {}: nothing was imported\n  {}", match releases.len() {
        1 => "one release has".to_owned(),
        more => format!("{more} releases have"),
    }, match licenses {
        1 => "a license sees releases up to a date".to_owned(),
        more => format!("{more} licenses see releases up to a date"),
    }, shown(releases))]
    Undated {
        /// Those without.
        releases: Vec<ReleaseName>,
        /// How many licenses have an update window.
        licenses: u64,
    },
    /// The tarball is not the one that the registry means.
    #[error("its {kind} checksum is `{found}`, but the registry says `{listed}`")]
    Checksum {
        /// `outer` or `inner`.
        kind: &'static str,
        /// That of the tarball.
        found: Sha256,
        /// That of the registry.
        listed: Sha256,
    },
    /// The tarball is another release.
    #[error("it holds `{0}`")]
    AnotherRelease(ReleaseName),
    /// It cannot be published here either.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The release is gone.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// Up to this many releases are named one by one.
const MAX_NAMED: usize = 20;

fn shown(releases: &[ReleaseName]) -> String {
    let mut named: Vec<String> = releases
        .iter()
        .take(MAX_NAMED)
        .map(ToString::to_string)
        .collect();
    if releases.len() > MAX_NAMED {
        named.push(format!("and {} more", releases.len() - MAX_NAMED));
    }
    named.join("\n  ")
}

impl ImportError {
    /// Whether our own database or storage fails, so that no other release fares better.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        match self {
            Self::Repository(_) | Self::Undated { .. } => true,
            Self::Publish(error) => matches!(
                error,
                PublishError::Repository(_) | PublishError::Files(_) | PublishError::Database(_)
            ),
            Self::Catalog(error) => matches!(
                error,
                CatalogError::Repository(_) | CatalogError::Registry(_) | CatalogError::Database(_)
            ),
            Self::Checksum { .. } | Self::AnotherRelease(_) => false,
        }
    }
}

impl From<DbError> for ImportError {
    fn from(error: DbError) -> Self {
        Self::Publish(error.into())
    }
}

impl From<FilesError> for ImportError {
    fn from(error: FilesError) -> Self {
        Self::Publish(error.into())
    }
}

impl Offer {
    /// Its name here.
    #[must_use]
    pub fn name(&self, repository: &RepositoryName) -> ReleaseName {
        ReleaseName {
            repository: repository.clone(),
            package: self.package.clone(),
            version: self.version.clone(),
        }
    }
}
