//! Plans: the terms a license is issued under.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Grace after `access_until` unless the seller says otherwise.
pub const DEFAULT_GRACE_DAYS: u32 = 14;

/// The terms a license was issued under. Only a template: what counts afterwards is what the
/// license itself says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Closed after `access_until` and the grace days.
    Subscription,
    /// Access for ever; releases published after `updates_until` are hidden.
    Perpetual,
    /// Everything, for ever.
    Lifetime,
    /// A short subscription without grace.
    Trial,
}

impl Plan {
    /// Every plan, for messages.
    pub const ALL: [Self; 4] = [
        Self::Subscription,
        Self::Perpetual,
        Self::Lifetime,
        Self::Trial,
    ];

    /// The plan's name in commands, files and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Perpetual => "perpetual",
            Self::Lifetime => "lifetime",
            Self::Trial => "trial",
        }
    }

    /// Grace days of this plan unless the seller says otherwise.
    #[must_use]
    pub const fn default_grace_days(self) -> u32 {
        match self {
            Self::Subscription => DEFAULT_GRACE_DAYS,
            Self::Perpetual | Self::Lifetime | Self::Trial => 0,
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No such plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a plan: use subscription, perpetual, lifetime or trial")]
pub struct UnknownPlan(String);

impl FromStr for Plan {
    type Err = UnknownPlan;
    fn from_str(text: &str) -> Result<Self, UnknownPlan> {
        Self::ALL
            .into_iter()
            .find(|plan| plan.as_str() == text)
            .ok_or_else(|| UnknownPlan(text.chars().take(64).collect()))
    }
}
