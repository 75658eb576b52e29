//! Logins: what a user allowed a client to do. A login lives for thirty days, on refresh tokens of
//! which each is good once. Seeing one a second time means that two have it, and nobody can tell which
//! of them is the thief: the login ends. There is no grace for a client that lost an answer: the
//! thief would have it as well, and logging in again takes a minute.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::accounts::permission::Permissions;
use crate::app::App;
use crate::clock::{Clock, Timestamp};
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::{TokenGrantId, UserId};
use crate::oauth::tokens;
use crate::secret_text::{self, KeyHash};

/// How long a login lives, however often it is refreshed.
pub const LIFETIME_DAYS: i64 = 30;
const REFRESH_PREFIX: &str = "skr_";

/// A login.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grant {
    /// Its id, which its tokens carry.
    pub id: TokenGrantId,
    /// Who logged in.
    pub user: UserId,
    /// The client's id.
    pub client: String,
    /// What the client calls itself; may be empty.
    pub name: String,
    /// What the user allowed.
    pub scope: Permissions,
    /// When the user logged in.
    pub created_at: Timestamp,
    /// No refresh from then on.
    pub expires_at: Timestamp,
    /// When it last got an access token.
    pub refreshed_at: Timestamp,
    /// Whether it lives.
    #[serde(skip)]
    pub state: GrantState,
}

/// Whether a login lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantState {
    /// Until it expires.
    Open,
    /// No more.
    Ended {
        /// Since when.
        since: Timestamp,
        /// Why.
        because: Ending,
    },
}

/// Why a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client or its user gave it up.
    Revoked,
    /// A refresh token came twice.
    Replayed,
    /// The seller revoked the client.
    ClientRevoked,
    /// The user lost the account, or took a new password.
    AccountChanged,
}

impl Ending {
    /// The reason in the database and in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Replayed => "replayed",
            Self::ClientRevoked => "client_revoked",
            Self::AccountChanged => "account_changed",
        }
    }
}

/// A text is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it ended for an unknown reason")]
pub struct UnknownEnding;

impl FromStr for Ending {
    type Err = UnknownEnding;
    fn from_str(text: &str) -> Result<Self, UnknownEnding> {
        [
            Self::Revoked,
            Self::Replayed,
            Self::ClientRevoked,
            Self::AccountChanged,
        ]
        .into_iter()
        .find(|ending| ending.as_str() == text)
        .ok_or(UnknownEnding)
    }
}

/// A login cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Over {
    /// Somebody ended it.
    #[error("this login has ended: log in again")]
    Ended,
    /// Its time is over.
    #[error("this login is too old: log in again")]
    Expired,
}

impl Grant {
    /// It goes on, with another access token.
    ///
    /// # Errors
    /// It is over.
    pub fn refresh(self, now: Timestamp) -> Result<Self, Over> {
        match self.state {
            GrantState::Ended { .. } => Err(Over::Ended),
            GrantState::Open if now >= self.expires_at => Err(Over::Expired),
            GrantState::Open => Ok(Self {
                refreshed_at: now,
                ..self
            }),
        }
    }

    /// It ends; the first reason stays.
    #[must_use]
    pub fn end(self, because: Ending, since: Timestamp) -> Self {
        match self.state {
            GrantState::Ended { .. } => self,
            GrantState::Open => Self {
                state: GrantState::Ended { since, because },
                ..self
            },
        }
    }

    /// Whether somebody ended it.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self.state, GrantState::Ended { .. })
    }
}

/// What gets the next access token, once. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

impl RefreshToken {
    pub(super) fn generate(clock: &Clock) -> Self {
        Self(secret_text::generate(REFRESH_PREFIX, clock))
    }

    /// The secret, for the one time it is sent.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(****)")
    }
}

/// The logins of a user that live, the newest first.
pub async fn list(app: &App, user: UserId) -> Result<Vec<Grant>, DbError> {
    let now = app.clock.now();
    db::oauth_grants::list_by_user(&mut app.db.read().await?, user, now).await
}

/// Ends one of a user's logins; `false` when the user has no such login. Nodes refuse its access tokens
/// once their snapshot knows.
pub async fn end(
    app: &App,
    user: UserId,
    id: TokenGrantId,
    actor: &Actor,
) -> Result<bool, DbError> {
    in_tx!(app.db, |tx| {
        let found = db::oauth_grants::find_locked(tx, id).await?;
        match found.filter(|grant| grant.user == user && !grant.has_ended()) {
            Some(grant) => end_in(tx, &app.clock, actor, &grant, Ending::Revoked)
                .await
                .map(|()| true),
            None => Ok(false),
        }
    })
}

/// Ends every login of a user, those allowed and not fetched yet too, in a transaction that takes the
/// account or its password away; gives how many.
pub async fn end_all_in(
    tx: &mut Tx,
    clock: &Clock,
    actor: &Actor,
    user: UserId,
) -> Result<usize, DbError> {
    let grants = db::oauth_grants::list_by_user(tx, user, clock.now()).await?;
    for grant in &grants {
        end_in(tx, clock, actor, grant, Ending::AccountChanged).await?;
    }
    db::oauth_devices::delete_approved(tx, user).await?;
    Ok(grants.len())
}

/// Ends a login that lives.
pub(super) async fn end_in(
    tx: &mut Tx,
    clock: &Clock,
    actor: &Actor,
    grant: &Grant,
    because: Ending,
) -> Result<(), DbError> {
    let now = clock.now();
    let ended = grant.clone().end(because, now);
    db::oauth_grants::update(tx, &ended).await?;
    // The clock of the node that signed its last token may be ahead.
    let needed_until = now.plus_seconds(2 * tokens::LIFETIME_SECONDS);
    db::oauth_grants::revoke(tx, grant.id, now, needed_until).await?;
    let detail = serde_json::json!({
        "user": grant.user, "client": grant.client, "name": grant.name, "because": because.as_str(),
    });
    tx.audit(clock, actor, ("oauth.end", &grant.id), detail)
        .await
}
