//! One login that waits for somebody: asked for here, allowed on a page elsewhere, fetched here again.

use crate::accounts::permission::Permissions;
use crate::clock::Timestamp;
use crate::ids::{DeviceId, TokenGrantId, UserId};
use crate::oauth::user_code::UserCode;
use crate::secret_text::KeyHash;

/// How long a login waits for somebody.
pub const LIFETIME_SECONDS: i64 = 600;
/// How long to wait between two polls, at first.
pub const INTERVAL_SECONDS: i64 = 5;
/// A client that polls too often waits this much longer from then on, as it was told.
const SLOW_DOWN_SECONDS: i64 = 5;
const LONGEST_INTERVAL_SECONDS: i64 = 60;
/// The clocks of two nodes differ by some of this.
const TOLERANCE_MICROS: i64 = 500_000;

/// A login that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Its id: not a secret.
    pub id: DeviceId,
    /// What it is polled with.
    pub hash: KeyHash,
    /// What the person compares or types.
    pub user_code: UserCode,
    /// The client's id.
    pub client: String,
    /// What the client calls itself; may be empty.
    pub name: String,
    /// What the client asks for.
    pub scope: Permissions,
    /// The address that asked.
    pub address: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
    /// How often it may be polled.
    pub pace: Pace,
    /// How far it is.
    pub state: DeviceState,
}

/// How often a client polls and may poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Seconds between two polls.
    pub interval_seconds: i64,
    /// The last poll.
    pub polled_at: Option<Timestamp>,
}

/// How far a login is.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceState {
    /// Nobody has said anything.
    Pending,
    /// A user allowed it; nobody has fetched the tokens.
    Approved {
        /// Since when.
        at: Timestamp,
        /// Who.
        user: UserId,
        /// What.
        scope: Permissions,
    },
    /// A user refused it.
    Denied {
        /// Since when.
        at: Timestamp,
        /// Who.
        user: UserId,
    },
    /// The tokens were fetched: the code is worth nothing anymore.
    Exchanged {
        /// When it was allowed.
        at: Timestamp,
        /// Who allowed it.
        user: UserId,
        /// What.
        scope: Permissions,
        /// What came of it.
        grant: TokenGrantId,
    },
}

/// A login is too far for what was to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this login is {0} already")]
pub struct InvalidTransition(&'static str);

impl From<&DeviceState> for InvalidTransition {
    fn from(state: &DeviceState) -> Self {
        Self(state.as_str())
    }
}

/// What a poll is told, when it is not given tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYet {
    /// Ask again.
    #[error("nobody has confirmed the login yet")]
    Pending,
    /// Ask again, less often.
    #[error("polling too often: wait 5 seconds longer between two requests")]
    SlowDown,
    /// Nobody came in time.
    #[error("the login was not confirmed within 10 minutes")]
    Expired,
    /// Somebody said no.
    #[error("the login was refused")]
    Denied,
    /// The tokens are with somebody already.
    #[error("this device code was used already")]
    Used,
}

impl DeviceState {
    /// The state's name in the database and in messages.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Exchanged { .. } => "exchanged",
        }
    }

    /// A user allows it.
    ///
    /// # Errors
    /// Somebody has decided already.
    pub fn approve(
        self,
        user: UserId,
        scope: Permissions,
        at: Timestamp,
    ) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending => Ok(Self::Approved { at, user, scope }),
            other => Err((&other).into()),
        }
    }

    /// A user refuses it.
    ///
    /// # Errors
    /// Somebody has decided already.
    pub fn deny(self, user: UserId, at: Timestamp) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending => Ok(Self::Denied { at, user }),
            other => Err((&other).into()),
        }
    }

    /// The client fetches its tokens.
    ///
    /// # Errors
    /// It is not approved, or they were fetched already.
    pub fn exchange(self, grant: TokenGrantId) -> Result<Self, InvalidTransition> {
        match self {
            Self::Approved { at, user, scope } => Ok(Self::Exchanged {
                at,
                user,
                scope,
                grant,
            }),
            other => Err((&other).into()),
        }
    }
}

impl Device {
    /// Whether it is too late for it.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Counts a poll, and says whether the tokens can be fetched: then who allowed what.
    ///
    /// # Errors
    /// Not now, or never.
    pub fn poll(&mut self, now: Timestamp) -> Result<(UserId, Permissions), NotYet> {
        let is_too_often = self.pace.is_too_often(now);
        self.pace.polled_at = Some(now);
        if let DeviceState::Exchanged { .. } = self.state {
            return Err(NotYet::Used);
        }
        if self.is_expired(now) {
            return Err(NotYet::Expired);
        }
        match &self.state {
            DeviceState::Approved { user, scope, .. } => Ok((*user, scope.clone())),
            DeviceState::Denied { .. } => Err(NotYet::Denied),
            DeviceState::Pending if is_too_often => {
                self.pace.slow_down();
                Err(NotYet::SlowDown)
            }
            DeviceState::Pending | DeviceState::Exchanged { .. } => Err(NotYet::Pending),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            interval_seconds: INTERVAL_SECONDS,
            polled_at: None,
        }
    }
}

impl Pace {
    /// The first poll never is: nothing says how long after the code's birth it may come.
    fn is_too_often(self, now: Timestamp) -> bool {
        let wait = self.interval_seconds * 1_000_000 - TOLERANCE_MICROS;
        self.polled_at
            .is_some_and(|polled_at| now.micros() - polled_at.micros() < wait)
    }

    fn slow_down(&mut self) {
        let slower = self.interval_seconds + SLOW_DOWN_SECONDS;
        self.interval_seconds = slower.min(LONGEST_INTERVAL_SECONDS);
    }
}

#[cfg(test)]
mod tests;
