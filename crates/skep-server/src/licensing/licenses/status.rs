//! Suspending, resuming and revoking licenses.

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::db::{self, DbError, in_tx};
use crate::ids::LicenseId;
use crate::licensing::license::{License, Status, Terms};
use crate::licensing::unknown::Unknown;

/// Why the status of a license was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// It is closed for good.
    #[error("license `{license}` is revoked since {}, and that is for good: issue a new one", since.date())]
    Revoked {
        /// Which license.
        license: LicenseId,
        /// Since when.
        since: Timestamp,
    },
    /// It is that already.
    #[error("license `{license}` is {status} already, since {}", since.date())]
    Already {
        /// Which license.
        license: LicenseId,
        /// What it is.
        status: Status,
        /// Since when.
        since: Timestamp,
    },
    /// No such license.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Closes a license until it is resumed.
pub async fn suspend(app: &App, license: &str, actor: &Actor) -> Result<License, StatusError> {
    set(app, license, actor, (Status::Suspended, "license.suspend")).await
}

/// Opens a suspended license again.
pub async fn resume(app: &App, license: &str, actor: &Actor) -> Result<License, StatusError> {
    set(app, license, actor, (Status::Active, "license.resume")).await
}

/// Closes a license for good.
pub async fn revoke(app: &App, license: &str, actor: &Actor) -> Result<License, StatusError> {
    set(app, license, actor, (Status::Revoked, "license.revoke")).await
}

async fn set(
    app: &App,
    license: &str,
    actor: &Actor,
    (status, action): (Status, &'static str),
) -> Result<License, StatusError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let before = super::find_locked(tx, license).await??;
        let Terms {
            status: old,
            status_since: since,
            ..
        } = before.terms;
        if old == status {
            return Err(StatusError::Already {
                license: before.id,
                status,
                since,
            });
        }
        if old == Status::Revoked {
            return Err(StatusError::Revoked {
                license: before.id,
                since,
            });
        }
        let terms = Terms {
            status,
            status_since: now,
            ..before.terms
        };
        let license = License {
            terms,
            updated_at: now,
            ..before
        };
        db::licenses::update(tx, &license).await?;
        tx.audit(
            &app.clock,
            actor,
            (action, &license.id),
            serde_json::json!({ "before": old }),
        )
        .await?;
        Ok(license)
    })
}
