//! Registry resources: what a repository says about its packages, encoded, signed and opened.
//!
//! A resource is a value here ([`Names`], [`Versions`], [`Package`], [`Policy`]), a protobuf payload
//! after `encode`, and a file as it is served after [`sign`]. `open` goes the other way in one step
//! and checks everything on it: signature, required fields, and that the file is the one asked for.
//!
//! Names, versions and requirements are plain texts, because others sign what we read.

mod enums;
mod names;
mod package;
mod policy;
mod signed;
mod texts;
mod versions;

use serde::{Deserialize, Serialize};

use crate::key::PublicKey;
use crate::proto::{self, required};

pub use crate::proto::DecodeError;
pub use enums::{AdvisorySeverity, OverrideAction, RetirementReason, Visibility};
pub use names::{Names, NamesEntry};
pub use package::{Dependency, Package, Release, Retirement, SecurityAdvisory};
pub use policy::{Override, PackageRef, Policy, RepositoryPolicy, Restriction};
pub use signed::{VerifyError, sign, sign_with, unverified, verify};
pub use texts::Texts;
pub use versions::{Versions, VersionsEntry};

/// How many bytes a resource may unpack to in `open`. The largest known, `versions` of hex.pm, has a
/// few million. Decoding is bounded by the payload's size, but a payload made to be costly can take a
/// hundred times its size; so `open` decodes nothing that the repository's key has not signed.
pub const MAX_RESOURCE_SIZE: u64 = 16 * 1024 * 1024;

/// A moment: seconds since 1970-01-01T00:00:00Z and nanoseconds after that second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp {
    /// Whole seconds.
    pub seconds: i64,
    /// Nanoseconds, 0 to 999,999,999.
    pub nanos: i32,
}

impl Timestamp {
    fn from_wire(wire: proto::Timestamp) -> Result<Self, DecodeError> {
        Ok(Self {
            seconds: required(wire.seconds, "Timestamp", "seconds")?,
            nanos: required(wire.nanos, "Timestamp", "nanos")?,
        })
    }

    fn to_wire(self) -> proto::Timestamp {
        proto::Timestamp {
            seconds: Some(self.seconds),
            nanos: Some(self.nanos),
        }
    }
}

/// Why a file is not the resource that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is damaged, or not signed with the repository's key.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The file is signed, but not a resource of this kind.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The file belongs to another repository.
    #[error("the resource is of the repository `{found}`, not of `{expected}`")]
    Repository {
        /// The repository that was asked for.
        expected: String,
        /// The repository that the file names.
        found: String,
    },
    /// The file is of another package or policy.
    #[error("the resource is about `{found}`, not about `{expected}`")]
    Name {
        /// The name that was asked for.
        expected: String,
        /// The name in the file.
        found: String,
    },
}

fn open<T>(
    file: &[u8],
    key: &PublicKey,
    decode: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
) -> Result<T, OpenError> {
    let payload = verify(file, key, MAX_RESOURCE_SIZE)?;
    Ok(decode(&payload)?)
}

fn check_repository(found: &str, expected: &str) -> Result<(), OpenError> {
    if found == expected {
        return Ok(());
    }
    Err(OpenError::Repository {
        expected: expected.to_owned(),
        found: found.to_owned(),
    })
}

fn check_name(found: &str, expected: &str) -> Result<(), OpenError> {
    if found == expected {
        return Ok(());
    }
    Err(OpenError::Name {
        expected: expected.to_owned(),
        found: found.to_owned(),
    })
}
