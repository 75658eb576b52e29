//! May it? A pure function of (caller, file, moment); the first rule that matches wins. Its table is
//! the test below. No status codes here: `http/error.rs` has them. No sentences: `words.rs` has them.

use crate::accounts::api_key::KeyClosed;
use crate::catalog::entry::{PackageEntry, ReleaseEntry, Visible};
use crate::clock::Timestamp;
use crate::licensing::entitlement::{Entitlement, KeyFacts};
use crate::licensing::license::{Standing, Terms};

mod prebuilt;

pub use prebuilt::{check_prebuilt, check_prebuilt_index};

/// A refusal names at most this many of the packages a license covers.
const COVERED_NAMES: usize = 20;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller<'a> {
    /// There is no credential, or an empty one.
    Nobody,
    /// A token that somebody else made: hex.pm's, most likely.
    ForeignToken,
    /// A key that was never issued.
    UnknownKey {
        /// It begins like one of ours, but its checksum is wrong.
        is_mistyped: bool,
    },
    /// A key that was issued, whatever its state.
    Known(Entitlement<'a>),
    /// A user who may fetch from the repository that is asked: the seller's own developers see all of it.
    Member,
    /// A user, or a token of ours, who may fetch nothing there.
    Barred(Box<Denied>),
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// An index of the repository: its view decides release by release.
    Index,
    /// A package's registry resource.
    Package {
        /// Where it would be.
        repository: &'a str,
        /// What it would be called.
        name: &'a str,
        /// The package, when there is one.
        entry: Option<&'a PackageEntry>,
    },
    /// A file of a release: its tarball or its documentation.
    Release {
        /// Where the package would be.
        repository: &'a str,
        /// The package's name.
        package: &'a str,
        /// The release's version.
        version: &'a str,
        /// The package, when there is one.
        entry: Option<&'a PackageEntry>,
        /// The release, when there is one.
        release: Option<&'a ReleaseEntry>,
    },
}

/// The caller may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// An index, as the license sees it.
    Index,
    /// A package, with these releases.
    Package(Visible),
    /// The file of the release.
    Release,
}

/// Why a caller may not have what was asked for, with everything its text needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No credential.
    NoCredential,
    /// A key that was never issued.
    UnknownKey { is_mistyped: bool },
    /// Somebody else's token.
    ForeignToken,
    /// The key was revoked.
    KeyRevoked { since: Timestamp },
    /// The key's time is over; `was_rotated` when another one replaced it.
    KeyExpired { since: Timestamp, was_rotated: bool },
    /// The license was revoked.
    LicenseRevoked { since: Timestamp },
    /// The license is suspended.
    LicenseSuspended { since: Timestamp },
    /// Access and grace are over.
    LicenseEnded {
        access_until: Timestamp,
        closed_at: Timestamp,
    },
    /// The license begins later.
    LicenseNotStarted { starts_at: Timestamp },
    /// None of the license's products has the package; `elsewhere` is another repository where one has
    /// a package of that name.
    NotCovered {
        package: String,
        covers: Vec<String>,
        more: usize,
        elsewhere: Option<String>,
    },
    /// Everything that was asked for is newer than the update window.
    UpdatesEnded {
        updates_until: Timestamp,
        package: String,
        version: Option<String>,
        published_at: Timestamp,
    },
    /// The license has an update window, and a prebuilt repository has no view for that.
    WindowInPrebuilt { updates_until: Timestamp },
    /// The index of a prebuilt repository names packages that the license does not cover.
    IndexNotCovered,
    /// The license would cover it, but there is no such package.
    NoSuchPackage { package: String },
    /// The package has no such release.
    NoSuchRelease { package: String, version: String },
    /// The release has no documentation.
    NoDocs { package: String, version: String },
    /// There is no such policy.
    NoSuchPolicy { policy: String },
    /// There is no such repository.
    NoSuchRepository { repository: String },
    /// The access token's time is over.
    TokenExpired { since: Timestamp },
    /// The access token was given up, or what it stood for is gone.
    TokenRevoked,
    /// The access token was made for other repositories only.
    TokenElsewhere { scope: String },
    /// A user's API key that opens nothing anymore.
    ApiKeyClosed(KeyClosed),
    /// The user of an API key or a token is disabled.
    UserDisabled { username: String },
    /// A user's API key or token that is for something else.
    NotForRepository { permissions: String },
}

/// Something a caller who may should know, once in a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The license has ended and still works.
    Grace {
        access_until: Timestamp,
        closes_at: Timestamp,
    },
    /// The license ends soon.
    Ending { access_until: Timestamp },
    /// Another key replaces this one.
    KeyRotated { expires_at: Option<Timestamp> },
    /// The key ends soon.
    KeyExpiring { expires_at: Timestamp },
    /// The update window ends soon.
    UpdatesEnding { updates_until: Timestamp },
    /// Newer releases are hidden.
    UpdatesEnded {
        updates_until: Timestamp,
        package: String,
        hidden: usize,
    },
    /// No product of the license has the package anymore; granted releases are left.
    NoLongerCovered { package: String },
}

/// May the caller have it now?
///
/// # Errors
/// Why not.
pub fn check(caller: &Caller<'_>, asked: &Asked<'_>, now: Timestamp) -> Result<Allowed, Denied> {
    let entitlement = match caller {
        Caller::Nobody => return Err(Denied::NoCredential),
        Caller::ForeignToken => return Err(Denied::ForeignToken),
        Caller::UnknownKey { is_mistyped } => {
            return Err(Denied::UnknownKey {
                is_mistyped: *is_mistyped,
            });
        }
        Caller::Barred(denied) => return Err(Denied::clone(denied)),
        Caller::Member => return check_member(asked),
        Caller::Known(entitlement) => entitlement,
    };
    if let Some(key) = entitlement.key {
        check_key(key, now)?;
    }
    check_license(&entitlement.license.terms, now)?;
    match *asked {
        Asked::Index => Ok(Allowed::Index),
        Asked::Package {
            repository,
            name,
            entry,
        } => check_package(entitlement, repository, name, entry).map(Allowed::Package),
        Asked::Release {
            entry: Some(entry),
            release: Some(release),
            ..
        } => check_release(entitlement, entry, release).map(|()| Allowed::Release),
        Asked::Release {
            repository,
            package,
            version,
            entry,
            ..
        } => {
            check_package(entitlement, repository, package, entry)?;
            Err(Denied::NoSuchRelease {
                package: package.to_owned(),
                version: version.to_owned(),
            })
        }
    }
}

/// Whoever sees all of a repository is refused only what is not there.
fn check_member(asked: &Asked<'_>) -> Result<Allowed, Denied> {
    match *asked {
        Asked::Index => Ok(Allowed::Index),
        Asked::Package {
            entry: Some(entry), ..
        } => Ok(Allowed::Package(entry.select(|_| true))),
        Asked::Release {
            release: Some(_), ..
        } => Ok(Allowed::Release),
        Asked::Package { name, .. }
        | Asked::Release {
            package: name,
            entry: None,
            ..
        } => Err(Denied::NoSuchPackage {
            package: name.to_owned(),
        }),
        Asked::Release {
            package, version, ..
        } => Err(Denied::NoSuchRelease {
            package: package.to_owned(),
            version: version.to_owned(),
        }),
    }
}

/// Whether a license's key opens anything at all.
///
/// # Errors
/// It is revoked, or its time is over.
pub fn check_key(key: &KeyFacts, now: Timestamp) -> Result<(), Denied> {
    let ends = key.ends();
    if let Some(since) = ends.revoked_at {
        return Err(Denied::KeyRevoked { since });
    }
    match ends.expires_at {
        Some(since) if now > since => Err(Denied::KeyExpired {
            since,
            was_rotated: ends.rotated_at.is_some(),
        }),
        _ => Ok(()),
    }
}

fn check_license(terms: &Terms, now: Timestamp) -> Result<(), Denied> {
    match terms.standing(now) {
        Standing::Revoked { since } => Err(Denied::LicenseRevoked { since }),
        Standing::Suspended { since } => Err(Denied::LicenseSuspended { since }),
        Standing::NotStarted { starts_at } => Err(Denied::LicenseNotStarted { starts_at }),
        Standing::Ended {
            access_until,
            closed_at,
        } => Err(Denied::LicenseEnded {
            access_until,
            closed_at,
        }),
        Standing::Active | Standing::Ending { .. } | Standing::Grace { .. } => Ok(()),
    }
}

fn check_package(
    entitlement: &Entitlement<'_>,
    repository: &str,
    name: &str,
    entry: Option<&PackageEntry>,
) -> Result<Visible, Denied> {
    let visible = entry
        .map(|entry| entitlement.visible(entry))
        .filter(|visible| !visible.is_empty());
    if let Some(visible) = visible {
        return Ok(visible);
    }
    if !entitlement.covers(repository, name) {
        return Err(not_covered(entitlement, repository, name));
    }
    let first = entry.and_then(|entry| {
        entry
            .releases()
            .iter()
            .map(|release| release.published_at)
            .min()
    });
    match (first, entitlement.license.terms.updates_until) {
        (Some(published_at), Some(updates_until)) => Err(Denied::UpdatesEnded {
            updates_until,
            package: name.to_owned(),
            version: None,
            published_at,
        }),
        _ => Err(Denied::NoSuchPackage {
            package: name.to_owned(),
        }),
    }
}

fn check_release(
    entitlement: &Entitlement<'_>,
    package: &PackageEntry,
    release: &ReleaseEntry,
) -> Result<(), Denied> {
    if entitlement.sees(package, release) {
        return Ok(());
    }
    match entitlement.license.terms.updates_until {
        Some(updates_until)
            if entitlement.covers(package.repository().as_str(), package.name().as_str()) =>
        {
            Err(Denied::UpdatesEnded {
                updates_until,
                package: package.name().to_string(),
                version: Some(release.version_text().to_owned()),
                published_at: release.published_at,
            })
        }
        _ => Err(not_covered(
            entitlement,
            package.repository().as_str(),
            package.name().as_str(),
        )),
    }
}

fn not_covered(entitlement: &Entitlement<'_>, repository: &str, package: &str) -> Denied {
    let mut names = entitlement.covered_names(repository);
    let covers = names.by_ref().take(COVERED_NAMES).collect();
    Denied::NotCovered {
        package: package.to_owned(),
        covers,
        more: names.count(),
        elsewhere: entitlement
            .repository_with(package)
            .filter(|other| *other != repository)
            .map(ToOwned::to_owned),
    }
}

/// What a caller who may have a package should know, the most pressing first.
#[must_use]
pub fn notices(
    entitlement: &Entitlement<'_>,
    package: &PackageEntry,
    visible: &Visible,
    now: Timestamp,
) -> Vec<Notice> {
    let terms = &entitlement.license.terms;
    let ends = entitlement.key.map(KeyFacts::ends);
    let is_soon = |end: Timestamp| Terms::is_soon(end, now);
    let mut notices = Vec::new();
    match terms.standing(now) {
        Standing::Grace {
            access_until,
            closes_at,
        } => notices.push(Notice::Grace {
            access_until,
            closes_at,
        }),
        Standing::Ending { access_until } => notices.push(Notice::Ending { access_until }),
        Standing::Active
        | Standing::Revoked { .. }
        | Standing::Suspended { .. }
        | Standing::NotStarted { .. }
        | Standing::Ended { .. } => {}
    }
    match ends.map(|ends| (ends.rotated_at, ends.expires_at)) {
        Some((Some(_), expires_at)) => notices.push(Notice::KeyRotated { expires_at }),
        Some((None, Some(expires_at))) if is_soon(expires_at) => {
            notices.push(Notice::KeyExpiring { expires_at })
        }
        _ => {}
    }
    if visible.hidden() > 0 {
        notices.push(hides(entitlement, package, visible));
    } else if let Some(updates_until) = terms.updates_until.filter(|end| is_soon(*end)) {
        notices.push(Notice::UpdatesEnding { updates_until });
    }
    notices
}

fn hides(entitlement: &Entitlement<'_>, package: &PackageEntry, visible: &Visible) -> Notice {
    let name = package.name().to_string();
    match entitlement.license.terms.updates_until {
        Some(updates_until)
            if entitlement.covers(package.repository().as_str(), package.name().as_str()) =>
        {
            Notice::UpdatesEnded {
                updates_until,
                package: name,
                hidden: visible.hidden(),
            }
        }
        _ => Notice::NoLongerCovered { package: name },
    }
}

#[cfg(test)]
mod tests;
