//! What a user is here for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::accounts::caller::Need;
use crate::accounts::permission::Access;

/// A user's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything.
    Owner,
    /// Publishes and retires every package; has nothing to do with licenses and users.
    Publisher,
    /// Looks at packages, licenses and usage.
    Viewer,
}

/// A text is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role: `owner`, `publisher` or `viewer`")]
pub struct RoleError(String);

impl Role {
    /// Whether this role ever may, whatever the credential says.
    #[must_use]
    pub const fn may(self, need: &Need<'_>) -> bool {
        match self {
            Self::Owner => true,
            Self::Publisher => match need {
                Need::OwnKeys(_)
                | Need::ApiRead
                | Need::ApiWrite
                | Need::Publish { .. }
                | Need::PublishSome(_)
                | Need::PublishDocs { .. }
                | Need::ReadRepository(_) => true,
                Need::Licenses(_) | Need::UsageRead | Need::ManageUsers => false,
            },
            Self::Viewer => match need {
                Need::OwnKeys(_)
                | Need::ApiRead
                | Need::ReadRepository(_)
                | Need::Licenses(Access::Read)
                | Need::UsageRead => true,
                Need::ApiWrite
                | Need::Publish { .. }
                | Need::PublishSome(_)
                | Need::PublishDocs { .. }
                | Need::Licenses(Access::Write)
                | Need::ManageUsers => false,
            },
        }
    }

    /// As it is written in commands and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Publisher => "publisher",
            Self::Viewer => "viewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleError;
    fn from_str(text: &str) -> Result<Self, RoleError> {
        [Self::Owner, Self::Publisher, Self::Viewer]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| RoleError(text.chars().take(64).collect()))
    }
}
