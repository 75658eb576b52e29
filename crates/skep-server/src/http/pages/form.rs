//! Forms as they arrive, and what is wrong with them.

use askama::Template;
use axum::extract::{Form, FromRequest, Request};
use axum::response::Response;
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::de::DeserializeOwned;

use super::error::PageError;
use super::field::sentence;
use super::frame::page;
use crate::accounts::attempts::AttemptError;

/// A form of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OurForm<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OurForm<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        match Form::from_request(request, state).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(_) => Err(PageError::BadForm),
        }
    }
}

/// Why a form comes back: beside a field, or above all of them.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    retry_after_seconds: Option<u32>,
    /// The field, by name.
    field: Option<&'static str>,
    text: String,
}

impl Refusal {
    /// Something is wrong with one field.
    pub(super) fn of_field(field: &'static str, error: &impl ToString) -> Self {
        Self {
            field: Some(field),
            ..Self::of_form(StatusCode::UNPROCESSABLE_ENTITY, error)
        }
    }

    /// Something is wrong altogether.
    pub(super) fn of_form(status: StatusCode, error: &impl ToString) -> Self {
        Self {
            status,
            retry_after_seconds: None,
            field: None,
            text: sentence(error),
        }
    }

    /// There were too many wrong ones.
    ///
    /// # Errors
    /// It was the database.
    pub(super) fn of_attempt(error: AttemptError) -> Result<Self, PageError> {
        match error {
            AttemptError::TooMany {
                retry_after_seconds,
            } => Ok(Self::too_many(retry_after_seconds, &error)),
            AttemptError::Database(error) => Err(error.into()),
        }
    }

    /// 429.
    pub(super) fn too_many(retry_after_seconds: u32, error: &impl ToString) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::of_form(StatusCode::TOO_MANY_REQUESTS, error)
        }
    }

    /// What is wrong with a field.
    pub(super) fn beside(&self, field: &str) -> Option<String> {
        (self.field == Some(field)).then(|| self.text.clone())
    }

    /// What is wrong altogether.
    pub(super) fn above(&self) -> Option<String> {
        self.field.is_none().then(|| self.text.clone())
    }

    /// The form once more.
    pub(super) fn answer(&self, form: &impl Template) -> Response {
        let mut response = page(self.status, form);
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Beside a field of a form that may have been refused.
pub(super) fn beside(refusal: Option<&Refusal>, field: &str) -> Option<String> {
    refusal.and_then(|refusal| refusal.beside(field))
}

/// Above the fields of a form that may have been refused.
pub(super) fn above(refusal: Option<&Refusal>) -> super::field::Alert {
    super::field::Alert {
        text: refusal.and_then(Refusal::above),
    }
}
