//! Granting a license one release by name.

use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::version::Version;

use crate::app::App;
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::LicenseId;
use crate::licensing::grant::{Grant, Origin, ReleaseName};
use crate::licensing::license::{License, Status};
use crate::licensing::unknown::Unknown;

/// A release to be granted.
#[derive(Clone, Debug)]
pub struct GrantRequest {
    /// The license's id or external id.
    pub license: String,
    /// The package.
    pub package: PackageName,
    /// The version.
    pub version: Version,
    /// Where it is; when left out, the repository of one of the license's products.
    pub repository: Option<RepositoryName>,
    /// Who grants it.
    pub actor: Actor,
}

/// A release that a license may now see by name.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The license.
    pub license: LicenseId,
    /// What it may see.
    pub grant: Grant,
    /// Whether it was granted only now.
    pub is_new: bool,
}

/// Why a release was not granted.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// No such release.
    #[error("there is no release `{package} {version}` in repository `{}`: `skep package show {package}` shows what is there", repositories.join("`, `"))]
    UnknownRelease {
        /// The package that was given.
        package: PackageName,
        /// The version that was given.
        version: Version,
        /// Where it was looked for.
        repositories: Vec<String>,
    },
    /// It is closed for good.
    #[error("license `{0}` is revoked, and that is for good: issue a new one")]
    Revoked(LicenseId),
    /// No such license.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Lets a license see a release, whatever its products and dates say.
pub async fn grant(app: &App, request: &GrantRequest) -> Result<Granted, GrantError> {
    let prebuilt = prebuilt_with(app, request).await;
    in_tx!(app.db, |tx| {
        let license = super::find_locked(tx, &request.license).await??;
        if license.terms.status == Status::Revoked {
            return Err(GrantError::Revoked(license.id));
        }
        let release = find_release(app, tx, &license, (request, &prebuilt)).await?;
        let subject = release.to_string();
        let grant = Grant {
            release,
            granted_at: app.clock.now(),
            origin: Origin::Seller,
        };
        let is_new = db::grants::insert(tx, license.id, &grant).await?;
        let detail =
            serde_json::json!({ "release": subject, "repository": grant.release.repository });
        tx.audit(
            &app.clock,
            &request.actor,
            ("license.grant", &license.id),
            detail,
        )
        .await?;
        Ok(Granted {
            license: license.id,
            grant,
            is_new,
        })
    })
}

/// The prebuilt repositories that have the release: asked before the transaction, for they may be far
/// away.
async fn prebuilt_with(app: &App, request: &GrantRequest) -> Vec<RepositoryName> {
    let file_name = format!("{}-{}", request.package, request.version);
    let mut having = Vec::new();
    for prebuilt in app.all_prebuilt() {
        // One that cannot be read has nothing that could be granted now.
        if let Ok(registry) = prebuilt.registry().await
            && registry.release(&file_name).is_some()
        {
            having.push(prebuilt.source().name.clone());
        }
    }
    having
}

async fn find_release(
    app: &App,
    tx: &mut Tx,
    license: &License,
    (request, prebuilt): (&GrantRequest, &[RepositoryName]),
) -> Result<ReleaseName, GrantError> {
    let mut repositories = match &request.repository {
        Some(repository) => vec![repository.clone()],
        None => super::products_of(tx, license)
            .await?
            .into_iter()
            .map(|product| product.repository)
            .collect(),
    };
    if request.repository.is_none() {
        repositories.push(app.config.default_repository().name.clone());
        let mut seen = Vec::new();
        repositories.retain(|repository| {
            !seen.contains(repository) && {
                seen.push(repository.clone());
                true
            }
        });
    }
    for repository in &repositories {
        if prebuilt.contains(repository) {
            return Ok(ReleaseName {
                repository: repository.clone(),
                package: request.package.clone(),
                version: request.version.clone(),
            });
        }
        let package =
            db::packages::find_by_name(tx, repository.as_str(), request.package.as_str()).await?;
        let Some(package) = package else { continue };
        if let Some(release) = db::releases::find(tx, package.id, &request.version).await? {
            let (package, version) = (package.name, release.version);
            return Ok(ReleaseName {
                repository: repository.clone(),
                package,
                version,
            });
        }
    }
    Err(GrantError::UnknownRelease {
        package: request.package.clone(),
        version: request.version.clone(),
        repositories: repositories.iter().map(ToString::to_string).collect(),
    })
}
