//! What the domain refuses, as status codes and fields of the API. Its own sentences name options of
//! commands, so where they do, the API has other words.

use http::StatusCode;

use crate::http::api::ApiError;
use crate::licensing::customers::CustomerError;
use crate::licensing::explain::ExplainError;
use crate::licensing::keys::KeyError;
use crate::licensing::licenses::{
    ChangeError, GrantError, IssueError, PutError, ShowError, StatusError,
};
use crate::licensing::products::ProductError;
use crate::licensing::terms::TermsError;
use crate::licensing::texts::TextError;
use crate::licensing::unknown::Unknown;
use crate::licensing::windows::WindowError;

fn conflict(field: &str, text: impl Into<String>) -> ApiError {
    let text = text.into();
    ApiError::new(StatusCode::CONFLICT, text.clone()).with_error(field, text)
}

fn closed(text: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, text)
}

/// What the path names is not there.
impl From<Unknown> for ApiError {
    fn from(unknown: Unknown) -> Self {
        Self::not_found(unknown.plain())
    }
}

impl From<TextError> for ApiError {
    fn from(error: TextError) -> Self {
        let field = match error.what() {
            "external id" => "external_id",
            what => what,
        };
        Self::invalid(field, error.to_string())
    }
}

impl From<TermsError> for ApiError {
    fn from(error: TermsError) -> Self {
        let (field, text) = match error {
            TermsError::NeedsAccessUntil(plan) => (
                "access_until",
                format!("plan `{plan}` needs it: the last day it works"),
            ),
            TermsError::NeedsUpdatesUntil => (
                "updates_until",
                "plan `perpetual` needs it: the last day whose releases it sees; plan `lifetime` sees all".to_owned(),
            ),
            TermsError::TakesNoAccessUntil { .. } | TermsError::EndsBeforeStart { .. } => {
                ("access_until", error.to_string())
            }
            TermsError::TakesNoUpdatesUntil(_) => ("updates_until", error.to_string()),
            TermsError::TakesNoGrace { .. } | TermsError::TooMuchGrace(_) => {
                ("grace_days", error.to_string())
            }
        };
        Self::invalid(field, text)
    }
}

impl From<WindowError> for ApiError {
    fn from(error: WindowError) -> Self {
        Self::invalid("updates_until", error.to_string())
    }
}

impl From<CustomerError> for ApiError {
    fn from(error: CustomerError) -> Self {
        match error {
            CustomerError::Email(_) => Self::invalid("email", error.to_string()),
            CustomerError::NoName => Self::invalid("name", "is empty"),
            CustomerError::Exists { .. } => conflict("email", error.to_string()),
            CustomerError::Text(error) => error.into(),
            CustomerError::Unknown(unknown) => unknown.into(),
            CustomerError::Database(error) => error.into(),
        }
    }
}

impl From<ProductError> for ApiError {
    fn from(error: ProductError) -> Self {
        match error {
            ProductError::Exists(slug) => {
                conflict("slug", format!("there is a product `{slug}` already"))
            }
            ProductError::NoPackages(slug) => Self::invalid(
                "packages",
                format!("product `{slug}` needs at least one pattern of package names"),
            ),
            ProductError::NoSuchPattern { .. } => {
                Self::invalid("remove_packages", error.to_string())
            }
            ProductError::Repository(error) => Self::invalid("repository", error.to_string()),
            ProductError::Unknown(unknown) => unknown.into(),
            ProductError::Database(error) => error.into(),
        }
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::NoProducts => {
                Self::invalid("products", "a license needs at least one product")
            }
            IssueError::Terms(error) => error.into(),
            IssueError::Window(error) => error.into(),
            IssueError::Text(error) => error.into(),
            IssueError::ExternalIdTaken { .. } => conflict("external_id", error.to_string()),
            IssueError::UnknownCustomer(unknown) => Self::invalid("customer", unknown.plain()),
            IssueError::UnknownProduct(unknown) => Self::invalid("products", unknown.plain()),
            IssueError::Database(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Revoked(_) => closed(error.to_string()),
            ChangeError::NoProducts(_) | ChangeError::NotItsProduct { .. } => {
                Self::invalid("remove_products", error.to_string())
            }
            ChangeError::Terms(error) => error.into(),
            ChangeError::Window(error) => error.into(),
            ChangeError::Text(error) => error.into(),
            ChangeError::ExternalId(error) => error.into(),
            ChangeError::Unknown(unknown) if unknown.is_product() => {
                Self::invalid("products", unknown.plain())
            }
            ChangeError::Unknown(unknown) => unknown.into(),
            ChangeError::Database(error) => error.into(),
        }
    }
}

impl From<PutError> for ApiError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::NoProducts => Self::invalid("products", error.to_string()),
            PutError::Text(error) => error.into(),
            PutError::Customer(error) => of_customer(error),
            PutError::Issue(error) => error.into(),
            PutError::Change(error) => error.into(),
            PutError::UnknownProduct(unknown) => Self::invalid("products", unknown.plain()),
            PutError::Database(error) => error.into(),
        }
    }
}

/// The same about a customer inside another thing.
fn of_customer(error: CustomerError) -> ApiError {
    match error {
        CustomerError::Email(_) => ApiError::invalid("customer.email", error.to_string()),
        CustomerError::NoName => ApiError::invalid("customer.name", "is empty"),
        CustomerError::Text(error) => ApiError::invalid("customer.name", error.to_string()),
        error @ (CustomerError::Exists { .. }
        | CustomerError::Unknown(_)
        | CustomerError::Database(_)) => error.into(),
    }
}

impl From<ShowError> for ApiError {
    fn from(error: ShowError) -> Self {
        match error {
            ShowError::Unknown(unknown) => unknown.into(),
            ShowError::Database(error) => error.into(),
        }
    }
}

impl From<StatusError> for ApiError {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::Revoked { .. } | StatusError::Already { .. } => closed(error.to_string()),
            StatusError::Unknown(unknown) => unknown.into(),
            StatusError::Database(error) => error.into(),
        }
    }
}

impl From<GrantError> for ApiError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::UnknownRelease {
                package,
                version,
                repositories,
            } => Self::invalid(
                "version",
                format!(
                    "there is no release `{package} {version}` in repository `{}`",
                    repositories.join("`, `")
                ),
            ),
            GrantError::Revoked(_) => closed(error.to_string()),
            GrantError::Unknown(unknown) => unknown.into(),
            GrantError::Database(error) => error.into(),
        }
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::LicenseRevoked(_) | KeyError::Rotated { .. } => closed(error.to_string()),
            KeyError::Revoked { key, since, .. } => {
                closed(format!("key `{key}` is revoked since {}", since.date()))
            }
            KeyError::Expired { key, at, .. } => {
                closed(format!("key `{key}` expired on {}", at.date()))
            }
            KeyError::Text(error) => error.into(),
            KeyError::Unknown(unknown) => unknown.into(),
            KeyError::Database(error) => error.into(),
        }
    }
}

impl From<ExplainError> for ApiError {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::NoSuchLicense(id) => Unknown::license(id).into(),
            ExplainError::NoSuchKey(id) => Unknown::key(id).into(),
            ExplainError::Registry(error) => {
                let cause = std::error::Error::source(&*error).map(ToString::to_string);
                tracing::error!(%error, cause, "a static registry cannot be read");
                Self::unavailable()
            }
            ExplainError::Db(error) => error.into(),
        }
    }
}
