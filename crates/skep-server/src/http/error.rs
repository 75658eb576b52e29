//! Denials as status codes.

use http::StatusCode;

use crate::licensing::check::Denied;

/// What everybody is told. mix needs another code on `/packages`: see `repository/refusal.rs`.
pub(crate) const fn status(denied: &Denied) -> StatusCode {
    match denied {
        Denied::NoCredential
        | Denied::UnknownKey { .. }
        | Denied::ForeignToken
        | Denied::KeyRevoked { .. }
        | Denied::KeyExpired { .. }
        | Denied::TokenExpired { .. }
        | Denied::TokenRevoked
        | Denied::ApiKeyClosed(_)
        | Denied::UserDisabled { .. } => StatusCode::UNAUTHORIZED,
        Denied::LicenseRevoked { .. }
        | Denied::LicenseSuspended { .. }
        | Denied::LicenseEnded { .. }
        | Denied::LicenseNotStarted { .. }
        | Denied::UpdatesEnded { .. }
        | Denied::WindowInPrebuilt { .. } => StatusCode::PAYMENT_REQUIRED,
        Denied::NotCovered { .. }
        | Denied::IndexNotCovered
        | Denied::TokenElsewhere { .. }
        | Denied::NotForRepository { .. } => StatusCode::FORBIDDEN,
        Denied::NoSuchPackage { .. }
        | Denied::NoSuchRelease { .. }
        | Denied::NoDocs { .. }
        | Denied::NoSuchPolicy { .. }
        | Denied::NoSuchRepository { .. } => StatusCode::NOT_FOUND,
    }
}
