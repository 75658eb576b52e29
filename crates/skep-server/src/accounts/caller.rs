//! Whoever a request is from, when it is a user: who, with what, from where, and what they may.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;
use skep_formats::name::{PackageName, RepositoryName};

use crate::accounts::permission::{Access, Permissions};
use crate::accounts::user::User;
use crate::db::audit::Actor;
use crate::ids::{ApiKeyId, SessionId, TokenGrantId};

/// A user with a credential.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who it is; not disabled.
    pub user: User,
    /// With what.
    pub via: Via,
    /// What the credential may be used for.
    pub permissions: Permissions,
    /// From where.
    pub address: IpAddr,
    /// The program, as it calls itself; shortened.
    pub user_agent: String,
}

/// What a user authenticated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// An API key.
    ApiKey(ApiKeyId),
    /// A token of a tool that logged in.
    Token {
        /// The login.
        grant: TokenGrantId,
    },
    /// A browser that is logged in.
    Session(SessionId),
    /// The password itself: only where a tool makes its key, or a browser logs in.
    Password,
}

/// `api-key apk_…`: as the audit has it.
impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(id) => write!(f, "api-key {id}"),
            Self::Token { grant } => write!(f, "token {grant}"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::Password => f.write_str("password"),
        }
    }
}

/// What a request is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need<'a> {
    /// Look at packages, releases and users through the API.
    ApiRead,
    /// Change something through the API that is no single package's.
    ApiWrite,
    /// Look at or change one's own API keys.
    OwnKeys(Access),
    /// Publish, replace, revert or retire releases of a package, or change who owns it.
    Publish {
        /// Its repository.
        repository: &'a RepositoryName,
        /// Its name.
        package: &'a PackageName,
    },
    /// Publish some package of a repository: which one is not known yet.
    PublishSome(&'a RepositoryName),
    /// Publish or delete documentation of a package.
    PublishDocs {
        /// Its repository.
        repository: &'a RepositoryName,
        /// Its name.
        package: &'a PackageName,
    },
    /// Fetch from a repository.
    ReadRepository(&'a RepositoryName),
    /// Look at or change customers, products, licenses and keys.
    Licenses(Access),
    /// See who fetched what.
    UsageRead,
    /// Change users.
    ManageUsers,
}

/// Why a caller may not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// The role does not allow it.
    #[error("account `{username}` is not authorized for this action: its role is `{role}`")]
    Role {
        /// Whose.
        username: String,
        /// Which.
        role: crate::accounts::role::Role,
    },
    /// The credential does not allow it; its user's role would.
    #[error("this credential is not authorized for this action: its permissions are `{}`", .0)]
    Permissions(String),
}

impl Caller {
    /// Whether the caller may: the role and the credential both have to allow it.
    ///
    /// # Errors
    /// Which of them does not.
    pub fn may(&self, need: &Need<'_>) -> Result<(), Forbidden> {
        if !self.user.role.may(need) {
            return Err(Forbidden::Role {
                username: self.user.username.clone(),
                role: self.user.role,
            });
        }
        if !self.permissions.allows(need) {
            return Err(Forbidden::Permissions(self.permissions.scope()));
        }
        Ok(())
    }

    /// As whom the audit knows the caller.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::User {
            id: self.user.id,
            username: self.user.username.clone(),
            via: self.via,
            address: self.address,
        }
    }
}
