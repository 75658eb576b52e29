//! What a credential of a user may be used for: the permissions of an API key and the scopes of a
//! token are one and the same.

mod access;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use skep_formats::name::{PackageName, RepositoryName};

pub use self::access::Access;
use self::access::parse_access;
use crate::accounts::caller::Need;
use crate::accounts::role::Role;

/// One permission. As a scope: `api`, `api:read`, `api:write`, `repositories`, `repository:NAME`,
/// `package:REPOSITORY/NAME`, `docs:REPOSITORY`, `licenses:read`, `licenses:write`, `usage:read`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// The Hex API; `None` = all of it.
    Api(Option<Access>),
    /// Fetching from every repository.
    Repositories,
    /// Fetching from one repository.
    Repository(RepositoryName),
    /// Publishing one package.
    Package {
        /// Its repository.
        repository: RepositoryName,
        /// Its name.
        package: PackageName,
    },
    /// Publishing documentation into one repository.
    Docs(RepositoryName),
    /// Customers, products, licenses and keys.
    Licenses(Access),
    /// Who fetched what.
    Usage,
}

/// Why a text is no permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a permission: there are `api`, `api:read`, `api:write`, `repositories`, `repository:NAME`, \
     `package:REPOSITORY/NAME`, `docs:REPOSITORY`, `licenses:read`, `licenses:write` and `usage:read`"
)]
pub struct PermissionError(String);

impl Permission {
    /// The part before the colon, as the bodies of the Hex API have it: `api`.
    #[must_use]
    pub const fn domain(&self) -> &'static str {
        match self {
            Self::Api(_) => "api",
            Self::Repositories => "repositories",
            Self::Repository(_) => "repository",
            Self::Package { .. } => "package",
            Self::Docs(_) => "docs",
            Self::Licenses(_) => "licenses",
            Self::Usage => "usage",
        }
    }

    /// The part after the colon, if there is one: `read`.
    #[must_use]
    pub fn resource(&self) -> Option<String> {
        match self {
            Self::Api(access) => access.map(|access| access.as_str().to_owned()),
            Self::Repositories => None,
            Self::Repository(name) | Self::Docs(name) => Some(name.to_string()),
            Self::Package {
                repository,
                package,
            } => Some(format!("{repository}/{package}")),
            Self::Licenses(access) => Some(access.as_str().to_owned()),
            Self::Usage => Some("read".to_owned()),
        }
    }

    /// From the two parts.
    ///
    /// # Errors
    /// There is no such permission.
    pub fn from_parts(domain: &str, resource: Option<&str>) -> Result<Self, PermissionError> {
        let found = match (domain, resource) {
            ("api", None) => Some(Self::Api(None)),
            ("api", Some(access)) => parse_access(access).map(|access| Self::Api(Some(access))),
            ("repositories", None) => Some(Self::Repositories),
            ("repository", Some(name)) => name.parse().ok().map(Self::Repository),
            ("docs", Some(name)) => name.parse().ok().map(Self::Docs),
            ("package", Some(name)) => parse_package(name),
            ("licenses", Some(access)) => parse_access(access).map(Self::Licenses),
            ("usage", Some("read")) => Some(Self::Usage),
            _ => None,
        };
        found.ok_or_else(|| {
            let text = resource.map_or_else(|| domain.to_owned(), |it| format!("{domain}:{it}"));
            PermissionError(text.chars().take(120).collect())
        })
    }

    /// The one repository it is for, if it is for one.
    #[must_use]
    pub const fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Repository(name) | Self::Docs(name) => Some(name),
            Self::Package { repository, .. } => Some(repository),
            Self::Api(_) | Self::Repositories | Self::Licenses(_) | Self::Usage => None,
        }
    }

    /// Whether a user of this role may any of it.
    #[must_use]
    pub const fn is_within(&self, role: Role) -> bool {
        match self {
            Self::Licenses(access) => role.may(&Need::Licenses(*access)),
            Self::Usage => role.may(&Need::UsageRead),
            Self::Package {
                repository,
                package,
            } => role.may(&Need::Publish {
                repository,
                package,
            }),
            Self::Api(Some(Access::Write)) => role.may(&Need::ApiWrite),
            Self::Docs(_) => role.may(&Need::ApiWrite),
            Self::Api(_) | Self::Repositories | Self::Repository(_) => true,
        }
    }

    fn allows(&self, need: &Need<'_>) -> bool {
        match self {
            Self::Api(access) => {
                let access = access.unwrap_or(Access::Write);
                match need {
                    Need::ApiRead => true,
                    Need::OwnKeys(needed) => access.includes(*needed),
                    Need::ApiWrite
                    | Need::Publish { .. }
                    | Need::PublishSome(_)
                    | Need::PublishDocs { .. } => access.includes(Access::Write),
                    Need::ReadRepository(_)
                    | Need::Licenses(_)
                    | Need::UsageRead
                    | Need::ManageUsers => false,
                }
            }
            Self::Repositories => matches!(need, Need::ReadRepository(_)),
            Self::Repository(name) => matches!(need, Need::ReadRepository(it) if *it == name),
            Self::Package {
                repository: of,
                package: name,
            } => match need {
                // Clients look before they publish.
                Need::ApiRead => true,
                Need::PublishSome(repository) => *repository == of,
                Need::Publish {
                    repository,
                    package,
                }
                | Need::PublishDocs {
                    repository,
                    package,
                } => *repository == of && *package == name,
                _ => false,
            },
            Self::Docs(of) => match need {
                Need::ApiRead => true,
                Need::PublishDocs { repository, .. } => *repository == of,
                _ => false,
            },
            Self::Licenses(access) => {
                matches!(need, Need::Licenses(needed) if access.includes(*needed))
            }
            Self::Usage => matches!(need, Need::UsageRead),
        }
    }
}

fn parse_package(text: &str) -> Option<Permission> {
    let (repository, package) = text.split_once('/')?;
    Some(Permission::Package {
        repository: repository.parse().ok()?,
        package: package.parse().ok()?,
    })
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resource() {
            None => f.write_str(self.domain()),
            Some(resource) => write!(f, "{}:{resource}", self.domain()),
        }
    }
}

impl FromStr for Permission {
    type Err = PermissionError;
    fn from_str(text: &str) -> Result<Self, PermissionError> {
        match text.split_once(':') {
            None => Self::from_parts(text, None),
            Some((domain, resource)) => Self::from_parts(domain, Some(resource)),
        }
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What a credential may be used for: some permissions, or whatever its user may.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Permissions {
    list: Box<[Permission]>,
    is_everything: bool,
}

impl Permissions {
    /// These permissions, each once.
    #[must_use]
    pub fn new(permissions: impl IntoIterator<Item = Permission>) -> Self {
        let mut list: Vec<Permission> = Vec::new();
        for permission in permissions {
            if !list.contains(&permission) {
                list.push(permission);
            }
        }
        Self {
            list: list.into(),
            is_everything: false,
        }
    }

    /// What an API key may when nobody says otherwise: `api`.
    #[must_use]
    pub fn api() -> Self {
        Self::new([Permission::Api(None)])
    }

    /// Whatever the user may: a browser session's.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            list: Box::default(),
            is_everything: true,
        }
    }

    /// Whether the need is among them. The user's role has to allow it too:
    /// [`Caller::may`](crate::accounts::caller::Caller::may).
    #[must_use]
    pub fn allows(&self, need: &Need<'_>) -> bool {
        self.is_everything || self.list.iter().any(|permission| permission.allows(need))
    }

    /// Each of them; none for "everything".
    pub fn iter(&self) -> impl Iterator<Item = &Permission> {
        self.list.iter()
    }

    /// As the scope of a token: texts with spaces between them.
    #[must_use]
    pub fn scope(&self) -> String {
        let texts: Vec<String> = self.list.iter().map(ToString::to_string).collect();
        texts.join(" ")
    }
}

/// A list of scopes: `["api"]`.
impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Permission>::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests;
