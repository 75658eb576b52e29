//! From a plan and the dates that the seller gave to the terms of a license.

use crate::clock::Timestamp;
use crate::licensing::license::{Standing, Status, Terms};
use crate::licensing::plan::Plan;

/// Dates as the seller gave them; what is left out comes from the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// Closed before; the earlier of now and the end when left out.
    pub starts_at: Option<Timestamp>,
    /// Closed after.
    pub access_until: Option<Timestamp>,
    /// Releases published after are hidden.
    pub updates_until: Option<Timestamp>,
    /// Days after `access_until` in which it still works.
    pub grace_days: Option<u32>,
}

/// Why dates do not go with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// A plan that ends needs its end.
    #[error("plan `{0}` needs access_until, the last day it works: give `--access-until DATE`")]
    NeedsAccessUntil(Plan),
    /// A perpetual license needs the end of its updates.
    #[error(
        "plan `perpetual` needs updates_until, the last day whose releases it sees: give `--updates-until DATE`, \
         or use plan `lifetime` for all releases"
    )]
    NeedsUpdatesUntil,
    /// This plan gives access for ever.
    #[error(
        "plan `{plan}` gives access for ever and takes no access_until, but `{given}` was given: leave it out, or use plan `subscription`"
    )]
    TakesNoAccessUntil {
        /// The plan.
        plan: Plan,
        /// What was given.
        given: Timestamp,
    },
    /// This plan gives all releases.
    #[error(
        "plan `lifetime` gives every release and takes no updates_until, but `{0}` was given: leave it out, or use plan `perpetual`"
    )]
    TakesNoUpdatesUntil(Timestamp),
    /// There is no end that grace could follow.
    #[error(
        "plan `{plan}` has no end of access that grace days could follow, but `{given}` were given: leave them out"
    )]
    TakesNoGrace {
        /// The plan.
        plan: Plan,
        /// What was given.
        given: u32,
    },
    /// Longer than anything makes sense.
    #[error("`{0}` grace days are too many: at most 3650")]
    TooMuchGrace(u32),
    /// It would never be open.
    #[error(
        "the license would end (`{access_until}`) before it starts (`{starts_at}`): correct one of the dates"
    )]
    EndsBeforeStart {
        /// The given start.
        starts_at: Timestamp,
        /// The given end.
        access_until: Timestamp,
    },
}

/// The terms that follow, active from now.
pub fn resolve(plan: Plan, dates: &Dates, now: Timestamp) -> Result<Terms, TermsError> {
    match (plan, dates.access_until) {
        (Plan::Subscription | Plan::Trial, None) => return Err(TermsError::NeedsAccessUntil(plan)),
        (Plan::Perpetual | Plan::Lifetime, Some(given)) => {
            return Err(TermsError::TakesNoAccessUntil { plan, given });
        }
        _ => {}
    }
    match (plan, dates.updates_until) {
        (Plan::Perpetual, None) => return Err(TermsError::NeedsUpdatesUntil),
        (Plan::Lifetime, Some(given)) => return Err(TermsError::TakesNoUpdatesUntil(given)),
        _ => {}
    }
    match (dates.access_until, dates.grace_days) {
        (None, Some(given)) if given > 0 => return Err(TermsError::TakesNoGrace { plan, given }),
        (_, Some(given)) if given > 3650 => return Err(TermsError::TooMuchGrace(given)),
        _ => {}
    }
    if let (Some(starts_at), Some(access_until)) = (dates.starts_at, dates.access_until)
        && access_until < starts_at
    {
        return Err(TermsError::EndsBeforeStart {
            starts_at,
            access_until,
        });
    }
    let end = [dates.access_until, dates.updates_until]
        .into_iter()
        .flatten()
        .min();
    Ok(Terms {
        starts_at: dates
            .starts_at
            .unwrap_or_else(|| end.map_or(now, |end| end.min(now))),
        access_until: dates.access_until,
        updates_until: dates.updates_until,
        grace_days: dates
            .grace_days
            .unwrap_or_else(|| plan.default_grace_days()),
        status: Status::Active,
        status_since: now,
    })
}

/// What the seller should know of terms that are taken all the same.
#[must_use]
pub fn notes(terms: &Terms, now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    match terms.standing(now) {
        Standing::NotStarted { starts_at } => {
            notes.push(format!(
                "starts_at {starts_at} is still to come: the license is closed until then"
            ));
        }
        Standing::Grace {
            access_until,
            closes_at,
        } => notes.push(format!(
            "access_until {} is in the past: the license works until its grace ends on {}",
            access_until.date(),
            closes_at.date()
        )),
        Standing::Ended { access_until, .. } => {
            notes.push(format!(
                "access_until {} is in the past: the license is closed",
                access_until.date()
            ));
        }
        Standing::Revoked { .. }
        | Standing::Suspended { .. }
        | Standing::Active
        | Standing::Ending { .. } => {}
    }
    if let Some(until) = terms.updates_until.filter(|until| *until < now) {
        notes.push(format!(
            "updates_until {} is in the past: releases published after it are hidden",
            until.date()
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn dates(access: Option<i64>, updates: Option<i64>) -> Dates {
        Dates {
            access_until: access.map(|days| NOW.plus_days(days)),
            updates_until: updates.map(|days| NOW.plus_days(days)),
            ..Dates::default()
        }
    }

    #[test]
    fn each_plan_takes_its_dates() {
        let check = |plan, access, updates, expected: Result<(), &str>| {
            let resolved = resolve(plan, &dates(access, updates), NOW);
            match (resolved, expected) {
                (Ok(_), Ok(())) => {}
                (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{error}"),
                (resolved, expected) => {
                    panic!("{plan} {access:?} {updates:?}: {resolved:?}, not {expected:?}")
                }
            }
        };
        check(Plan::Subscription, Some(365), None, Ok(()));
        check(Plan::Subscription, Some(365), Some(100), Ok(()));
        check(Plan::Subscription, None, None, Err("needs access_until"));
        check(Plan::Trial, Some(14), None, Ok(()));
        check(Plan::Trial, None, Some(14), Err("needs access_until"));
        check(Plan::Perpetual, None, Some(365), Ok(()));
        check(Plan::Perpetual, None, None, Err("--updates-until DATE"));
        check(
            Plan::Perpetual,
            Some(1),
            Some(365),
            Err("takes no access_until"),
        );
        check(Plan::Lifetime, None, None, Ok(()));
        check(Plan::Lifetime, None, Some(1), Err("takes no updates_until"));
        check(Plan::Lifetime, Some(1), None, Err("takes no access_until"));
    }

    #[test]
    fn only_a_subscription_has_grace_of_itself() {
        let grace = |plan| {
            resolve(plan, &dates(Some(1), None), NOW)
                .unwrap()
                .grace_days
        };
        assert_eq!((grace(Plan::Subscription), grace(Plan::Trial)), (14, 0));
        let given = Dates {
            grace_days: Some(3),
            ..dates(None, Some(1))
        };
        assert!(matches!(
            resolve(Plan::Perpetual, &given, NOW),
            Err(TermsError::TakesNoGrace { given: 3, .. })
        ));
    }

    #[test]
    fn it_starts_now_or_at_an_end_that_is_past() {
        let starts = |days| {
            resolve(Plan::Trial, &dates(Some(days), None), NOW)
                .unwrap()
                .starts_at
        };
        assert_eq!(starts(10), NOW);
        assert_eq!(starts(-10), NOW.plus_days(-10));
        let backwards = Dates {
            starts_at: Some(NOW.plus_days(11)),
            ..dates(Some(10), None)
        };
        assert!(matches!(
            resolve(Plan::Trial, &backwards, NOW),
            Err(TermsError::EndsBeforeStart { .. })
        ));
    }

    #[test]
    fn past_dates_are_taken_with_a_note() {
        let terms = resolve(Plan::Subscription, &dates(Some(-20), Some(-30)), NOW).unwrap();
        let notes = notes(&terms, NOW);
        assert_eq!(notes.len(), 2);
        assert!(
            notes[0].contains("is in the past: the license is closed"),
            "{notes:?}"
        );
    }
}
