//! What the URL of a request names. Below `/api/repos/NAME` that repository is meant, elsewhere the
//! default one, which is also called `hexpm`: mix asks for it by that name.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;

use crate::catalog::owners;
use crate::catalog::retire::Target;
use crate::db::audit::Actor;
use crate::http::api::ApiError;
use crate::node::Node;

/// How mix calls the default repository.
const HEXPM: &str = "hexpm";

/// A repository that the configuration has.
#[derive(Clone, Debug)]
pub(crate) struct InRepository {
    /// Its name.
    pub(crate) repository: RepositoryName,
    /// Whether the URL names it.
    pub(crate) is_named: bool,
}

/// A package's name, whether there is such a package or not.
#[derive(Clone, Debug)]
pub(crate) struct OfPackage {
    pub(crate) repository: RepositoryName,
    pub(crate) package: PackageName,
}

/// A release's name, whether there is such a release or not.
#[derive(Clone, Debug)]
pub(crate) struct OfRelease {
    pub(crate) repository: RepositoryName,
    pub(crate) package: PackageName,
    pub(crate) version: Version,
}

/// The name at the end of a URL: of a user or a key.
#[derive(Clone, Debug)]
pub(crate) struct Named(pub(crate) String);

impl OfPackage {
    /// The same for the catalog.
    pub(crate) fn target(self, actor: Actor) -> owners::OfPackage {
        owners::OfPackage {
            repository: Some(self.repository),
            package: self.package,
            actor,
        }
    }
}

impl OfRelease {
    /// The same for the catalog.
    pub(crate) fn target(self, actor: Actor) -> Target {
        Target {
            repository: Some(self.repository),
            package: self.package,
            version: self.version,
            actor,
        }
    }
}

/// A repository by the name that a client has for it.
///
/// # Errors
/// 404
pub(crate) fn repository(node: &Node, name: &str) -> Result<RepositoryName, ApiError> {
    let config = &node.app.config;
    let named = name
        .parse()
        .ok()
        .and_then(|name: RepositoryName| config.repository(&name));
    match named {
        Some(repository) => Ok(repository.name.clone()),
        None if name == HEXPM => Ok(config.default_repository().name.clone()),
        None => Err(ApiError::not_found(format!(
            "there is no repository `{}`",
            shown(name)
        ))),
    }
}

/// So much of a name from a URL as fits into a message.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(120)
        .collect()
}

struct Segments(RawPathParams);

impl Segments {
    async fn of(parts: &mut Parts) -> Result<Self, ApiError> {
        let found = RawPathParams::from_request_parts(parts, &()).await;
        found
            .map(Self)
            .map_err(|_| ApiError::bad_request("the address is not UTF-8"))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut segments = self.0.iter();
        segments
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    fn repository(&self, node: &Node) -> Result<InRepository, ApiError> {
        match self.get("repository") {
            None => Ok(InRepository {
                repository: node.app.config.default_repository().name.clone(),
                is_named: false,
            }),
            Some(name) => repository(node, name).map(|repository| InRepository {
                repository,
                is_named: true,
            }),
        }
    }

    fn package(&self, node: &Node) -> Result<OfPackage, ApiError> {
        let InRepository { repository, .. } = self.repository(node)?;
        let text = self.get("package").unwrap_or_default();
        let package = text.parse().map_err(|_| {
            ApiError::not_found(format!(
                "there is no package `{}` in repository `{repository}`",
                shown(text)
            ))
        })?;
        Ok(OfPackage {
            repository,
            package,
        })
    }
}

impl FromRequestParts<Arc<Node>> for InRepository {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        Segments::of(parts).await?.repository(node)
    }
}

impl FromRequestParts<Arc<Node>> for OfPackage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        Segments::of(parts).await?.package(node)
    }
}

impl FromRequestParts<Arc<Node>> for OfRelease {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        let segments = Segments::of(parts).await?;
        let OfPackage {
            repository,
            package,
        } = segments.package(node)?;
        let text = segments.get("version").unwrap_or_default();
        let version = text.parse().map_err(|_| {
            ApiError::not_found(format!(
                "package `{package}` has no version `{}`",
                shown(text)
            ))
        })?;
        Ok(Self {
            repository,
            package,
            version,
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let segments = Segments::of(parts).await?;
        Ok(Self(segments.get("name").unwrap_or_default().to_owned()))
    }
}
