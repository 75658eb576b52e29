//! Retiring a release: it stays, and tools tell whoever uses it why they should not.

use skep_formats::name::{PackageName, RepositoryName};
use skep_formats::registry::{Retirement, RetirementReason};
use skep_formats::version::Version;

use crate::app::App;
use crate::catalog::find::{self, CatalogError};
use crate::catalog::owners::OfPackage;
use crate::catalog::release::Release;
use crate::db::audit::Actor;
use crate::db::{self, in_tx};

/// Every reason with its name in commands and in JSON.
pub const REASONS: [(&str, RetirementReason); 5] = [
    ("other", RetirementReason::Other),
    ("invalid", RetirementReason::Invalid),
    ("security", RetirementReason::Security),
    ("deprecated", RetirementReason::Deprecated),
    ("renamed", RetirementReason::Renamed),
];

const MESSAGE_LENGTH: std::ops::RangeInclusive<usize> = 3..=140;

/// Which release, by whom.
#[derive(Clone, Debug)]
pub struct Target {
    /// `None` = the default one.
    pub repository: Option<RepositoryName>,
    /// The package.
    pub package: PackageName,
    /// The release.
    pub version: Version,
    /// Who does it.
    pub actor: Actor,
}

/// Why a release was not retired.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// No such repository, package or release, or the database failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Not one of the five.
    #[error(
        "`{0}` is not a reason to retire a release: use other, invalid, security, deprecated or renamed"
    )]
    UnknownReason(String),
    /// The message does not fit.
    #[error("the message has {0} characters: it needs 3 to 140")]
    MessageLength(usize),
    /// Its registry would say nothing new.
    #[error("release `{package} {version}` is not retired")]
    NotRetired {
        /// The package.
        package: PackageName,
        /// The release.
        version: Version,
    },
}

impl From<db::DbError> for RetireError {
    fn from(error: db::DbError) -> Self {
        Self::Catalog(error.into())
    }
}

/// The reason of that name.
///
/// # Errors
/// There is none.
pub fn parse_reason(text: &str) -> Result<RetirementReason, RetireError> {
    let found = REASONS.into_iter().find(|(name, _)| *name == text);
    found
        .map(|(_, reason)| reason)
        .ok_or_else(|| RetireError::UnknownReason(text.to_owned()))
}

/// The name of a reason.
#[must_use]
pub fn reason_name(reason: RetirementReason) -> &'static str {
    REASONS
        .into_iter()
        .find(|(_, known)| *known == reason)
        .map_or("other", |(name, _)| name)
}

/// Retires a release, or changes why it is retired.
///
/// # Errors
/// See [`RetireError`].
pub async fn retire(
    app: &App,
    target: &Target,
    reason: RetirementReason,
    message: Option<&str>,
) -> Result<Release, RetireError> {
    let retirement = retirement(reason, message)?;
    let detail = serde_json::json!({"reason": reason_name(reason), "message": message});
    change(app, target, "release.retire", &Some(retirement), &detail).await
}

/// Retires every release of a package that is not retired yet, or with `is_replacing` every one; how
/// many that were.
///
/// # Errors
/// See [`RetireError`].
pub async fn retire_all(
    app: &App,
    target: &OfPackage,
    (reason, message): (RetirementReason, Option<&str>),
    is_replacing: bool,
) -> Result<usize, RetireError> {
    let retirement = retirement(reason, message)?;
    let repository = &app
        .managed_repository(target.repository.as_ref())
        .map_err(CatalogError::from)?
        .name;
    in_tx!(app.db, |tx| {
        let package = find::package(tx, repository, &target.package).await?;
        let mut count = 0;
        for release in db::releases::list(tx, package.id).await? {
            if release.retirement.is_some() && !is_replacing {
                continue;
            }
            let release = Release {
                retirement: Some(retirement.clone()),
                updated_at: app.clock.now(),
                ..release
            };
            db::releases::update(tx, &release, None).await?;
            let subject = format!("{repository}/{} {}", package.name, release.version);
            let detail = serde_json::json!({"reason": reason_name(reason), "message": message});
            tx.audit(
                &app.clock,
                &target.actor,
                ("release.retire", &subject),
                detail,
            )
            .await?;
            count += 1;
        }
        Ok(count)
    })
}

fn retirement(reason: RetirementReason, message: Option<&str>) -> Result<Retirement, RetireError> {
    if let Some(length) = message
        .map(|text| text.chars().count())
        .filter(|length| !MESSAGE_LENGTH.contains(length))
    {
        return Err(RetireError::MessageLength(length));
    }
    Ok(Retirement {
        reason,
        message: message.map(str::to_owned),
    })
}

/// Takes a retirement back.
///
/// # Errors
/// See [`RetireError`].
pub async fn unretire(app: &App, target: &Target) -> Result<Release, RetireError> {
    change(
        app,
        target,
        "release.unretire",
        &None,
        &serde_json::json!({}),
    )
    .await
}

async fn change(
    app: &App,
    target: &Target,
    action: &'static str,
    retirement: &Option<Retirement>,
    detail: &serde_json::Value,
) -> Result<Release, RetireError> {
    let repository = &app
        .managed_repository(target.repository.as_ref())
        .map_err(CatalogError::from)?
        .name;
    in_tx!(app.db, |tx| {
        let package = find::package(tx, repository, &target.package).await?;
        let mut release = find::release(tx, &package, &target.version).await?;
        if retirement.is_none() && release.retirement.is_none() {
            let (package, version) = (package.name, release.version);
            return Err(RetireError::NotRetired { package, version });
        }
        release.retirement = retirement.clone();
        release.updated_at = app.clock.now();
        db::releases::update(tx, &release, None).await?;
        let subject = format!("{repository}/{} {}", package.name, release.version);
        tx.audit(
            &app.clock,
            &target.actor,
            (action, &subject),
            detail.clone(),
        )
        .await?;
        Ok(release)
    })
}
