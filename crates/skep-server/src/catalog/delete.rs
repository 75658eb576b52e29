//! Deleting a release. Whoever has it in a lock file cannot build anymore, so it asks twice when
//! anybody does. Its tarball stays in the store, where nothing leads to it.

use std::fmt;

use serde::Serialize;

use crate::app::App;
use crate::catalog::find::{self, CatalogError};
use crate::catalog::release::Release;
use crate::catalog::retire::Target;
use crate::db::downloads::Downloader;
use crate::db::{self, in_tx};
use crate::licensing::grant::ReleaseName;

const SHOWN_CUSTOMERS: usize = 5;

/// What was deleted.
#[derive(Clone, Debug, Serialize)]
pub struct Deleted {
    /// The release.
    #[serde(flatten)]
    pub release: ReleaseName,
    /// Whether it was the last one, and the package is gone with it.
    pub package_is_gone: bool,
    /// Who had downloaded it, the last one first.
    pub downloaded_by: Downloaders,
}

/// The licenses that downloaded a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Downloaders(pub Vec<Downloader>);

/// `3 licenses (a@x.example, b@y.example and others)`
impl fmt::Display for Downloaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(
            f,
            "{count} {}",
            if count == 1 { "license" } else { "licenses" }
        )?;
        let mut emails: Vec<&str> = Vec::new();
        for Downloader { customer_email, .. } in self.0.iter().take(100) {
            if !emails.contains(&customer_email.as_str()) {
                emails.push(customer_email);
            }
        }
        if emails.is_empty() {
            return Ok(());
        }
        let others = if emails.len() > SHOWN_CUSTOMERS {
            " and others"
        } else {
            ""
        };
        emails.truncate(SHOWN_CUSTOMERS);
        write!(f, " ({}{others})", emails.join(", "))
    }
}

/// Why a release was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// No such repository, package or release, or the database failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Customers have it.
    #[error(
        "release `{release}` was downloaded by {downloaded_by}, and whoever has it in a lock file could not build \
         anymore: `skep package retire` warns against it instead, `--force` deletes it all the same"
    )]
    Downloaded {
        /// The release.
        release: ReleaseName,
        /// Who has it.
        downloaded_by: Downloaders,
    },
}

impl From<db::DbError> for DeleteError {
    fn from(error: db::DbError) -> Self {
        Self::Catalog(error.into())
    }
}

/// Deletes a release, and its package with the last one. `is_forced` deletes what was downloaded too.
///
/// # Errors
/// See [`DeleteError`].
pub async fn delete(app: &App, target: &Target, is_forced: bool) -> Result<Deleted, DeleteError> {
    let repository = &app
        .managed_repository(target.repository.as_ref())
        .map_err(CatalogError::from)?
        .name;
    in_tx!(app.db, |tx| {
        let package = find::package(tx, repository, &target.package).await?;
        let release: Release = find::release(tx, &package, &target.version).await?;
        let name = ReleaseName {
            repository: repository.clone(),
            package: package.name.clone(),
            version: release.version.clone(),
        };
        let downloaded_by = Downloaders(db::downloads::list_downloaders(tx, &name).await?);
        if !is_forced && !downloaded_by.0.is_empty() {
            return Err(DeleteError::Downloaded {
                release: name,
                downloaded_by,
            });
        }
        db::releases::delete(tx, &release).await?;
        let package_is_gone = db::packages::delete_if_empty(tx, package.id).await?;
        let detail = serde_json::json!({
            "checksum": release.outer_checksum,
            "published_at": release.published_at,
            "licenses": downloaded_by.0.len(),
        });
        let subject = format!("{repository}/{} {}", package.name, release.version);
        tx.audit(
            &app.clock,
            &target.actor,
            ("release.delete", &subject),
            detail,
        )
        .await?;
        Ok(Deleted {
            release: name,
            package_is_gone,
            downloaded_by,
        })
    })
}
