//! Who owns a package: users who may publish it whatever their role is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use skep_formats::name::{PackageName, RepositoryName};

use crate::accounts::caller::{Caller, Forbidden, Need};
use crate::app::App;
use crate::catalog::find::{self, CatalogError};
use crate::catalog::release::Package;
use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::db::{self, Conn, DbError, in_tx};
use crate::ids::UserId;

/// How much an owner may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Everything but changing the owners.
    Maintainer,
    /// Everything.
    Full,
}

/// A text is no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a level of ownership: `full` or `maintainer`")]
pub struct LevelError(String);

impl Level {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maintainer => "maintainer",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = LevelError;
    fn from_str(text: &str) -> Result<Self, LevelError> {
        [Self::Maintainer, Self::Full]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| LevelError(text.chars().take(64).collect()))
    }
}

/// A user who owns a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// The user's id.
    pub user: UserId,
    /// What they are called.
    pub username: String,
    /// Their address.
    pub email: String,
    /// How much they may do.
    pub level: Level,
    /// Since when.
    pub created_at: Timestamp,
}

/// Which package, by whom.
#[derive(Clone, Debug)]
pub struct OfPackage {
    /// `None` = the default one.
    pub repository: Option<RepositoryName>,
    /// The package.
    pub package: PackageName,
    /// Who asks.
    pub actor: Actor,
}

/// Why the owners of a package stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum OwnersError {
    /// No such repository or package, or the database failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Nobody is called that.
    #[error("there is no user `{0}`")]
    UnknownUser(String),
    /// Not one of them.
    #[error("user is not an owner of package")]
    NotOwner,
    /// Somebody has to be left.
    #[error("cannot remove last owner of package")]
    LastOwner,
    /// Somebody who may change the owners has to be left.
    #[error("cannot remove the last full owner of package")]
    LastFullOwner,
    /// The same.
    #[error("cannot demote the last full owner of a package")]
    Demotion,
}

impl From<DbError> for OwnersError {
    fn from(error: DbError) -> Self {
        Self::Catalog(error.into())
    }
}

/// The owners of a package, by username.
///
/// # Errors
/// No such repository or package, or the database failed.
pub async fn list(
    app: &App,
    repository: Option<&RepositoryName>,
    package: &PackageName,
) -> Result<Vec<Owner>, OwnersError> {
    let repository = &app.repository(repository).map_err(CatalogError::from)?.name;
    let mut conn = app.db.read().await?;
    let package = find::package(&mut conn, repository, package).await?;
    Ok(db::package_owners::list(&mut conn, package.id).await?)
}

/// Repository and name of each package that a user owns, sorted.
///
/// # Errors
/// The database failed.
pub async fn packages_of(app: &App, user: UserId) -> Result<Vec<(String, String)>, DbError> {
    db::package_owners::list_packages(&mut app.db.read().await?, user).await
}

/// What a user is to a package; `None` also when there is no such package.
///
/// # Errors
/// The database failed.
pub async fn level_of(
    app: &App,
    (repository, package): (&RepositoryName, &PackageName),
    user: UserId,
) -> Result<Option<Level>, DbError> {
    let mut conn = app.db.read().await?;
    let found =
        db::packages::find_by_name(&mut conn, repository.as_str(), package.as_str()).await?;
    match found {
        Some(package) => db::package_owners::find_level(&mut conn, package.id, user).await,
        None => Ok(None),
    }
}

/// Why a caller may not.
#[derive(Debug, thiserror::Error)]
pub enum NotAllowed {
    /// Neither the role nor ownership allows it, or the credential does not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Whether a caller may do something to a package: as its owner of at least this level, or by the role.
///
/// # Errors
/// See [`NotAllowed`].
pub async fn allow(
    app: &App,
    caller: &Caller,
    need: Need<'_>,
    least: Level,
) -> Result<(), NotAllowed> {
    let Err(forbidden) = caller.may(&need) else {
        return Ok(());
    };
    if !caller.permissions.allows(&need) {
        return Err(forbidden.into());
    }
    let user = caller.user.id;
    let is_owner = match need {
        Need::Publish {
            repository,
            package,
        }
        | Need::PublishDocs {
            repository,
            package,
        } => level_of(app, (repository, package), user).await? >= Some(least),
        Need::PublishSome(repository) => {
            let mut owned = packages_of(app, user).await?.into_iter();
            owned.any(|(of, _)| of == repository.as_str())
        }
        _ => false,
    };
    if is_owner {
        Ok(())
    } else {
        Err(forbidden.into())
    }
}

/// Makes somebody an owner, by name or address, or changes their level. With `is_transfer` the others
/// cease to be owners.
///
/// # Errors
/// See [`OwnersError`].
pub async fn add(
    app: &App,
    target: &OfPackage,
    name: &str,
    (level, is_transfer): (Level, bool),
) -> Result<(), OwnersError> {
    let repository = repository(app, target)?;
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let package = find::package(tx, repository, &target.package).await?;
        let (user, username) = user(tx, name).await?;
        let owners = db::package_owners::list(tx, package.id).await?;
        let others_are_full = owners
            .iter()
            .any(|owner| owner.level == Level::Full && owner.user != user);
        let is_full = owners
            .iter()
            .any(|owner| owner.level == Level::Full && owner.user == user);
        if level != Level::Full && is_full && (is_transfer || !others_are_full) {
            return Err(OwnersError::Demotion);
        }
        db::package_owners::upsert(tx, package.id, (user, level), now).await?;
        let others = owners.iter().filter(|owner| owner.user != user);
        let mut removed = Vec::new();
        for other in others.filter(|_| is_transfer) {
            db::package_owners::delete(tx, package.id, other.user).await?;
            removed.push(other.username.as_str());
        }
        let action = if is_transfer {
            "owner.transfer"
        } else {
            "owner.add"
        };
        let detail = serde_json::json!({"user": username, "level": level, "removed": removed});
        tx.audit(
            &app.clock,
            &target.actor,
            (action, &subject(&package)),
            detail,
        )
        .await?;
        Ok(())
    })
}

/// Takes ownership away from somebody, by name or address.
///
/// # Errors
/// See [`OwnersError`].
pub async fn remove(app: &App, target: &OfPackage, name: &str) -> Result<(), OwnersError> {
    let repository = repository(app, target)?;
    in_tx!(app.db, |tx| {
        let package = find::package(tx, repository, &target.package).await?;
        let (user, username) = user(tx, name).await?;
        let owners = db::package_owners::list(tx, package.id).await?;
        let (these, others): (Vec<_>, Vec<_>) = owners.iter().partition(|owner| owner.user == user);
        let owner = these.first().ok_or(OwnersError::NotOwner)?;
        if others.is_empty() {
            return Err(OwnersError::LastOwner);
        }
        if owner.level == Level::Full && others.iter().all(|other| other.level != Level::Full) {
            return Err(OwnersError::LastFullOwner);
        }
        db::package_owners::delete(tx, package.id, user).await?;
        let detail = serde_json::json!({"user": username, "level": owner.level});
        tx.audit(
            &app.clock,
            &target.actor,
            ("owner.remove", &subject(&package)),
            detail,
        )
        .await?;
        Ok(())
    })
}

fn repository<'a>(app: &'a App, target: &OfPackage) -> Result<&'a RepositoryName, CatalogError> {
    Ok(&app.managed_repository(target.repository.as_ref())?.name)
}

async fn user(conn: &mut Conn, name: &str) -> Result<(UserId, String), OwnersError> {
    let found = db::users::find_by_name(conn, &name.trim().to_lowercase()).await?;
    found
        .map(|user| (user.id, user.username))
        .ok_or_else(|| OwnersError::UnknownUser(name.chars().take(120).collect()))
}

fn subject(package: &Package) -> String {
    format!("{}/{}", package.repository, package.name)
}
