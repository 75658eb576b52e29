//! Licenses: a customer's right to products, and how it stands at a moment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{CustomerId, LicenseId, ProductId};
use crate::licensing::plan::Plan;

/// Before an end by this much, customers are reminded.
pub const REMINDER_DAYS: i64 = 30;

/// A customer's right to products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct License {
    /// The license's id.
    pub id: LicenseId,
    /// Whose it is.
    pub customer: CustomerId,
    /// What it gives.
    pub products: Vec<ProductId>,
    /// The plan it was issued under.
    pub plan: Plan,
    /// When and how far it gives it.
    #[serde(flatten)]
    pub terms: Terms,
    /// When it last came to see less.
    pub narrowed_at: Option<Timestamp>,
    /// Its name in the seller's own system.
    pub external_id: Option<String>,
    /// For the seller's eyes.
    pub notes: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The part of a license that the clock decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// Closed before.
    pub starts_at: Timestamp,
    /// Closed after, once the grace days are over; `None` = never.
    pub access_until: Option<Timestamp>,
    /// Releases published after are hidden; `None` = all are seen.
    pub updates_until: Option<Timestamp>,
    /// Days after `access_until` in which it still works, with a message.
    pub grace_days: u32,
    /// What the seller decided.
    pub status: Status,
    /// Since when.
    pub status_since: Timestamp,
}

/// What the seller decided about a license; the rest is computed from the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As its dates say.
    Active,
    /// Closed until it is resumed.
    Suspended,
    /// Closed for good.
    Revoked,
}

impl Status {
    /// The status in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No such status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the status of a license: active, suspended or revoked")]
pub struct UnknownStatus(String);

impl FromStr for Status {
    type Err = UnknownStatus;
    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        [Self::Active, Self::Suspended, Self::Revoked]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// How a license stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Closed for good.
    Revoked { since: Timestamp },
    /// Closed until the seller resumes it.
    Suspended { since: Timestamp },
    /// Closed: its first day is still to come.
    NotStarted { starts_at: Timestamp },
    /// Open.
    Active,
    /// Open, with its end within [`REMINDER_DAYS`].
    Ending { access_until: Timestamp },
    /// Open, past its end.
    Grace {
        access_until: Timestamp,
        closes_at: Timestamp,
    },
    /// Closed: access and grace are over.
    Ended {
        access_until: Timestamp,
        closed_at: Timestamp,
    },
}

impl Standing {
    /// Whether the license gives anything at all.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Active | Self::Ending { .. } | Self::Grace { .. }
        )
    }

    /// One word for tables and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked { .. } => "revoked",
            Self::Suspended { .. } => "suspended",
            Self::NotStarted { .. } => "not started",
            Self::Active => "active",
            Self::Ending { .. } => "ending",
            Self::Grace { .. } => "grace",
            Self::Ended { .. } => "ended",
        }
    }
}

impl Terms {
    /// How the license stands. The very moment of an end still belongs to the time before it.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.status {
            Status::Revoked => {
                return Standing::Revoked {
                    since: self.status_since,
                };
            }
            Status::Suspended => {
                return Standing::Suspended {
                    since: self.status_since,
                };
            }
            Status::Active => {}
        }
        if now < self.starts_at {
            return Standing::NotStarted {
                starts_at: self.starts_at,
            };
        }
        let Some(access_until) = self.access_until else {
            return Standing::Active;
        };
        let closes_at = access_until.plus_days(i64::from(self.grace_days));
        if now > closes_at {
            Standing::Ended {
                access_until,
                closed_at: closes_at,
            }
        } else if now > access_until {
            Standing::Grace {
                access_until,
                closes_at,
            }
        } else if Self::is_soon(access_until, now) {
            Standing::Ending { access_until }
        } else {
            Standing::Active
        }
    }

    /// Whether an end that is still to come is near enough to be reminded of.
    #[must_use]
    pub fn is_soon(end: Timestamp, now: Timestamp) -> bool {
        now <= end && now >= end.plus_days(-REMINDER_DAYS)
    }

    /// Whether a release published then is within the update window.
    #[must_use]
    pub fn includes_release_of(&self, published_at: Timestamp) -> bool {
        self.updates_until.is_none_or(|until| published_at <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Timestamp = Timestamp::from_seconds(1_000 * 86_400);

    fn subscription(grace_days: u32) -> Terms {
        Terms {
            starts_at: END.plus_days(-365),
            access_until: Some(END),
            updates_until: None,
            grace_days,
            status: Status::Active,
            status_since: END.plus_days(-365),
        }
    }

    #[test]
    fn the_clock_decides_how_a_license_stands() {
        let terms = subscription(14);
        let at = |seconds| terms.standing(END.plus_seconds(seconds)).as_str();
        assert_eq!(at(-366 * 86_400), "not started");
        assert_eq!(at(-365 * 86_400), "active");
        assert_eq!(at(-30 * 86_400 - 1), "active");
        assert_eq!(at(-30 * 86_400), "ending");
        assert_eq!(at(0), "ending");
        assert_eq!(at(1), "grace");
        assert_eq!(at(14 * 86_400), "grace");
        assert_eq!(at(14 * 86_400 + 1), "ended");
    }

    #[test]
    fn without_grace_the_end_is_the_end() {
        assert_eq!(
            subscription(0).standing(END.plus_seconds(1)).as_str(),
            "ended"
        );
    }

    #[test]
    fn what_the_seller_decided_comes_before_the_dates() {
        let terms = Terms {
            status: Status::Suspended,
            ..subscription(14)
        };
        assert_eq!(terms.standing(END.plus_days(-366)).as_str(), "suspended");
    }
}
