//! What the domain refuses, as answers: one match for each kind of error.

use http::StatusCode;

use crate::app::RepositoryError;
use crate::catalog::CatalogError;
use crate::catalog::delete::DeleteError;
use crate::catalog::documentation::PublishDocsError;
use crate::catalog::owners::{NotAllowed, OwnersError};
use crate::catalog::retire::RetireError;
use crate::http::api::ApiError;
use crate::http::api::publish::{unstored, with_causes};

impl From<RepositoryError> for ApiError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Unknown { .. } => Self::not_found(error.to_string()),
            RepositoryError::Prebuilt(_) => Self::invalid("repository", error.to_string()),
        }
    }
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Repository(error) => error.into(),
            CatalogError::UnknownPackage {
                package,
                repository,
            } => Self::not_found(format!(
                "there is no package `{package}` in repository `{repository}`"
            )),
            CatalogError::UnknownRelease { .. } => Self::not_found(error.to_string()),
            CatalogError::Registry(error) => {
                let cause = std::error::Error::source(&*error).map(ToString::to_string);
                tracing::error!(%error, cause, "a static registry cannot be read");
                Self::unavailable()
            }
            CatalogError::Database(error) => error.into(),
        }
    }
}

impl From<NotAllowed> for ApiError {
    fn from(error: NotAllowed) -> Self {
        match error {
            NotAllowed::Forbidden(error) => error.into(),
            NotAllowed::Database(error) => error.into(),
        }
    }
}

impl From<DeleteError> for ApiError {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::Catalog(error) => error.into(),
            DeleteError::Downloaded {
                release,
                downloaded_by,
            } => {
                let count = downloaded_by.0.len();
                let licenses = if count == 1 { "license" } else { "licenses" };
                Self::invalid(
                    "release",
                    format!(
                        "release {release} was downloaded by {count} {licenses}, and whoever has it in a lock file \
                         could not build anymore: retire it instead, or delete it all the same with ?force=true"
                    ),
                )
            }
        }
    }
}

impl From<PublishDocsError> for ApiError {
    fn from(error: PublishDocsError) -> Self {
        match error {
            PublishDocsError::Catalog(error) => error.into(),
            PublishDocsError::Read(error) => Self::internal(&error),
            PublishDocsError::Docs(error) => Self::invalid("tar", with_causes(&error)),
            PublishDocsError::Files(error) => unstored(&error),
        }
    }
}

impl From<RetireError> for ApiError {
    fn from(error: RetireError) -> Self {
        match error {
            RetireError::Catalog(error) => error.into(),
            RetireError::UnknownReason(_) => Self::invalid("retirement.reason", "is invalid"),
            RetireError::MessageLength(0..=2) => {
                Self::invalid("retirement.message", "should be at least 3 character(s)")
            }
            RetireError::MessageLength(_) => {
                Self::invalid("retirement.message", "should be at most 140 character(s)")
            }
            RetireError::NotRetired { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
        }
    }
}

impl From<OwnersError> for ApiError {
    fn from(error: OwnersError) -> Self {
        match error {
            OwnersError::Catalog(error) => error.into(),
            OwnersError::UnknownUser(_) => Self::not_found(error.to_string()),
            OwnersError::NotOwner
            | OwnersError::LastOwner
            | OwnersError::LastFullOwner
            | OwnersError::Demotion => Self::invalid("username", error.to_string()),
        }
    }
}
