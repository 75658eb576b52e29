//! The decision for prebuilt repositories. It is the same, but that what is served is the same for
//! everybody: a file shows either all of what it is about or is refused.

use super::{Allowed, Asked, Caller, Denied, check};
use crate::catalog::entry::PackageEntry;
use crate::clock::Timestamp;

/// May the caller have a file of a prebuilt repository now? A license with an update window would have
/// to see a part of a package, which nobody here can sign; so it sees none.
///
/// # Errors
/// Why not.
pub fn check_prebuilt(
    caller: &Caller<'_>,
    asked: &Asked<'_>,
    now: Timestamp,
) -> Result<Allowed, Denied> {
    let answer = check(caller, asked, now);
    let window = match caller {
        Caller::Known(entitlement) => entitlement.license.terms.updates_until,
        Caller::Nobody
        | Caller::ForeignToken
        | Caller::UnknownKey { .. }
        | Caller::Member
        | Caller::Barred(_) => None,
    };
    match (answer, window) {
        (Ok(_) | Err(Denied::UpdatesEnded { .. }), Some(updates_until)) => {
            Err(Denied::WindowInPrebuilt { updates_until })
        }
        (answer, _) => answer,
    }
}

/// May the caller have `names` and `versions`, which tell of every package?
///
/// # Errors
/// Why not: among other things, because the license does not cover all of them.
pub fn check_prebuilt_index<'a>(
    caller: &Caller<'_>,
    packages: impl Iterator<Item = &'a PackageEntry>,
    now: Timestamp,
) -> Result<(), Denied> {
    check_prebuilt(caller, &Asked::Index, now)?;
    let Caller::Known(entitlement) = caller else {
        return Ok(());
    };
    let mut packages = packages;
    let is_hidden = |package: &PackageEntry| {
        !entitlement.covers(package.repository().as_str(), package.name().as_str())
    };
    if packages.any(is_hidden) {
        return Err(Denied::IndexNotCovered);
    }
    Ok(())
}
