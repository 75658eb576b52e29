//! What a page says when it cannot do what it is for.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use url::Url;

use super::frame::{Frame, page};
use super::next::Next;
use crate::config::Config;
use crate::db::DbError;

/// Why there is no page, or another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// Nobody is logged in.
    Login(Next),
    /// There is no such page.
    NotFound,
    /// The form is not one of ours, or was mangled on the way.
    BadForm,
    /// Another site sent the form.
    Foreign,
    /// The database is away.
    Unavailable,
    /// This node is too old for its database.
    Outdated,
    /// A bug, or a damaged installation. What it is, only the log says.
    Internal,
}

#[derive(Debug, Template)]
#[template(path = "error.html")]
pub(super) struct ErrorPage {
    pub(super) frame: Frame,
    pub(super) heading: &'static str,
    pub(super) text: &'static str,
}

impl PageError {
    /// 500, with an entry in the log.
    pub(super) fn internal(error: &dyn std::error::Error) -> Self {
        let cause = error.source().map(ToString::to_string);
        tracing::error!(%error, cause, "a page failed");
        Self::Internal
    }

    const fn words(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "There is nothing here",
                "Perhaps the address is mistyped, or what was here is gone.",
            ),
            Self::BadForm => (
                StatusCode::BAD_REQUEST,
                "This form cannot be read",
                "Go back, load the page again, and send the form once more.",
            ),
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "This came from another site",
                "Another site sent this form in your name. Nothing was changed.",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not now",
                "The database is away. Nothing was changed; try again in a moment.",
            ),
            Self::Outdated => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not now",
                "This server is being upgraded. Nothing was changed; try again in a few minutes.",
            ),
            Self::Login(_) | Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong here",
                "Please tell whoever runs this server. The log says more.",
            ),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        if let Self::Login(next) = self {
            return Redirect::to(&next.through("/login")).into_response();
        }
        let (status, heading, text) = self.words();
        let error = ErrorPage {
            frame: Frame::plain(),
            heading,
            text,
        };
        match error.render() {
            Ok(_) => page(status, &error),
            Err(_) => (status, text).into_response(),
        }
    }
}

impl From<DbError> for PageError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NewerSchema { .. } => Self::Outdated,
            error if error.is_outage() => Self::Unavailable,
            error => Self::internal(&error),
        }
    }
}

/// The page for an address that is none.
pub(crate) fn not_found() -> PageError {
    PageError::NotFound
}

/// What [`own_forms_only`] adds to routes.
type OwnFormsOnly = CsrfLayer<fn(ProtectionError) -> Response<Body>>;

/// Refuses forms that another site sent, by what browsers say of where a form comes from.
pub(crate) fn own_forms_only(config: &Config) -> OwnFormsOnly {
    // A proxy may pass another host on than the one that browsers see.
    let own = Url::parse(&config.server.url).map(|url| url.origin().ascii_serialization());
    let trusting = own.map(|own| CsrfLayer::new().add_trusted_origin(own));
    let layer = match trusting {
        Ok(Ok(layer)) => layer,
        Ok(Err(_)) | Err(_) => CsrfLayer::new(),
    };
    layer.with_rejection_response(refuse)
}

fn refuse(_: ProtectionError) -> Response<Body> {
    PageError::Foreign.into_response()
}
