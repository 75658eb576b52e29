//! How servers and repositories are called on the command line.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use skep_client::{BaseUrl, UrlError};
use skep_formats::name::{NameError, RepositoryName};

/// A repository by its name: `acme`, or `acme:team` for an organization's below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct RepositoryRef {
    name: RepositoryName,
    organization: Option<RepositoryName>,
}

impl RepositoryRef {
    /// The name of the server's main repository.
    pub(crate) fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The organization, if it is one's.
    pub(crate) fn organization(&self) -> Option<&str> {
        self.organization.as_ref().map(RepositoryName::as_str)
    }

    /// The server's main repository.
    pub(crate) fn main(&self) -> Self {
        Self {
            name: self.name.clone(),
            organization: None,
        }
    }
}

impl FromStr for RepositoryRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (name, organization) = match text.split_once(':') {
            Some((name, organization)) => (name, Some(RepositoryName::parse(organization)?)),
            None => (text, None),
        };
        Ok(Self {
            name: RepositoryName::parse(name)?,
            organization,
        })
    }
}

impl TryFrom<String> for RepositoryRef {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<RepositoryRef> for String {
    fn from(name: RepositoryRef) -> Self {
        name.to_string()
    }
}

impl fmt::Display for RepositoryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.organization {
            Some(organization) => write!(f, "{}:{organization}", self.name),
            None => self.name.fmt(f),
        }
    }
}

/// A server: one that has a name, or one by its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerRef {
    /// As `skep repo list` calls it.
    Named(RepositoryRef),
    /// Its HTTP API.
    Url(BaseUrl),
}

/// Neither a name nor a URL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerRefError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Url(#[from] UrlError),
}

impl FromStr for ServerRef {
    type Err = ServerRefError;

    /// A URL may be the server's, its repository's or its API's.
    fn from_str(text: &str) -> Result<Self, ServerRefError> {
        if !text.contains("://") {
            return Ok(Self::Named(text.parse()?));
        }
        let url = BaseUrl::parse(text)?;
        let server = url.as_str().strip_suffix("/repo").unwrap_or(url.as_str());
        let has_path = server.splitn(4, '/').nth(3).is_some();
        match has_path && server == url.as_str() {
            true => Ok(Self::Url(url)),
            false => Ok(Self::Url(BaseUrl::parse(&format!("{server}/api"))?)),
        }
    }
}

impl fmt::Display for ServerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => name.fmt(f),
            Self::Url(url) => f.write_str(url.as_str()),
        }
    }
}
