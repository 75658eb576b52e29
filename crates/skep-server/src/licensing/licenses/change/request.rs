//! What to change of a license.

use crate::clock::Timestamp;
use crate::db::audit::Actor;
use crate::licensing::narrowing::Downloaded;
use crate::licensing::plan::Plan;
use crate::licensing::product::Slug;

/// What to do with one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// Leave it; when the plan changes and the new one has no such value, it goes.
    #[default]
    Keep,
    /// Give it a value.
    Set(T),
    /// Take it away.
    Clear,
}

impl<T> Edit<T> {
    pub(super) fn apply(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Keep => old,
            Self::Set(value) => Some(value),
            Self::Clear => None,
        }
    }
}

/// What to change of a license.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its id or external id.
    pub license: String,
    /// Another plan.
    pub plan: Option<Plan>,
    /// Another start.
    pub starts_at: Option<Timestamp>,
    /// The end of access.
    pub access_until: Edit<Timestamp>,
    /// The end of updates.
    pub updates_until: Edit<Timestamp>,
    /// Other grace days; a new plan's own ones when left out.
    pub grace_days: Option<u32>,
    /// Products it gets.
    pub add_products: Vec<Slug>,
    /// Products it has and loses.
    pub remove_products: Vec<Slug>,
    /// Its name in the seller's own system.
    pub external_id: Edit<String>,
    /// Other notes.
    pub notes: Option<String>,
    /// What it has downloaded and would not see anymore.
    pub downloaded: Downloaded,
    /// Who changes it.
    pub actor: Actor,
}

impl Change {
    /// Changes nothing yet.
    #[must_use]
    pub fn of(license: impl Into<String>, actor: Actor) -> Self {
        Self {
            license: license.into(),
            plan: None,
            starts_at: None,
            access_until: Edit::Keep,
            updates_until: Edit::Keep,
            grace_days: None,
            add_products: Vec::new(),
            remove_products: Vec::new(),
            external_id: Edit::Keep,
            notes: None,
            downloaded: Downloaded::Keep,
            actor,
        }
    }
}
