//! Browsers that are logged in. The cookie is random; the database has its SHA-256.

use std::fmt;
use std::net::IpAddr;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use skep_formats::checksum::Sha256;

use crate::accounts::caller::{Caller, Via};
use crate::accounts::permission::Permissions;
use crate::accounts::user::User;
use crate::app::App;
use crate::clock::{Clock, DAY_SECONDS, Timestamp};
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};
use crate::ids::{SessionId, UserId};

/// The name of the cookie.
pub const COOKIE: &str = "skep_session";
/// A session ends after so long, used or not.
pub const LONGEST_SECONDS: i64 = 7 * DAY_SECONDS;
/// A session ends when it is not used for so long.
pub const LONGEST_IDLE_SECONDS: i64 = 12 * 3600;
/// The code has to come so soon after the password.
pub const LONGEST_HALF_SECONDS: i64 = 10 * 60;
/// That a session is in use is written down at most this often.
const TOUCH_SECONDS: i64 = 5 * 60;

/// What a browser keeps. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(****)")
    }
}

impl SessionToken {
    fn generate(clock: &Clock) -> Self {
        Self(BASE64URL_NOPAD.encode(&clock.random::<32>()))
    }

    /// What a browser sent.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the cookie.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> Sha256 {
        Sha256::of(self.0.as_bytes())
    }
}

/// A browser that is logged in, or halfway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// The session's id: not the secret.
    pub id: SessionId,
    /// Who is logged in.
    pub user: UserId,
    /// Since when.
    pub created_at: Timestamp,
    /// Last seen, to about five minutes.
    pub last_seen_at: Timestamp,
    /// Only the password was given; the code is still to come.
    pub is_half: bool,
    /// From where it was begun.
    pub address: IpAddr,
    /// With which browser, as it calls itself.
    pub user_agent: String,
}

impl Session {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        let longest = if self.is_half {
            LONGEST_HALF_SECONDS
        } else {
            LONGEST_SECONDS
        };
        now >= self.created_at.plus_seconds(longest)
            || now >= self.last_seen_at.plus_seconds(LONGEST_IDLE_SECONDS)
    }
}

/// A session that was begun. The token exists only here.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// For the browser.
    pub token: SessionToken,
}

/// From where and with which program.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The address of the client.
    pub address: IpAddr,
    /// As it calls itself; shortened.
    pub user_agent: String,
}

/// Begins a session.
pub(super) async fn begin(
    tx: &mut Tx,
    app: &App,
    user: UserId,
    (is_half, origin): (bool, &Origin),
) -> Result<NewSession, DbError> {
    let now = app.clock.now();
    let token = SessionToken::generate(&app.clock);
    let session = Session {
        id: SessionId::new(&app.clock),
        user,
        created_at: now,
        last_seen_at: now,
        is_half,
        address: origin.address,
        user_agent: origin.user_agent.clone(),
    };
    db::sessions::insert(tx, &session, &token.hash()).await?;
    Ok(NewSession { session, token })
}

/// The live session of a cookie, and its user; `None` when it is over or its user is disabled.
pub async fn find(app: &App, token: &SessionToken) -> Result<Option<(Session, User)>, DbError> {
    let now = app.clock.now();
    let found = {
        let mut conn = app.db.read().await?;
        match db::sessions::find_by_hash(&mut conn, &token.hash()).await? {
            Some(session) if !session.is_over(now) => {
                let user = db::users::find(&mut conn, session.user).await?;
                user.map(|user| (session, user))
            }
            _ => None,
        }
    };
    let Some((mut session, user)) = found.filter(|(_, user)| !user.is_disabled()) else {
        return Ok(None);
    };
    if now >= session.last_seen_at.plus_seconds(TOUCH_SECONDS) {
        let id = session.id;
        in_tx!(app.db, |tx| db::sessions::touch(tx, id, now).await)?;
        session.last_seen_at = now;
    }
    Ok(Some((session, user)))
}

/// The caller that a browser's cookie stands for; `None` when nobody is logged in, or only halfway.
pub async fn caller(
    app: &App,
    token: &SessionToken,
    origin: Origin,
) -> Result<Option<Caller>, DbError> {
    let found = find(app, token).await?;
    let whole = found.filter(|(session, _)| !session.is_half);
    Ok(whole.map(|(session, user)| Caller {
        user,
        via: Via::Session(session.id),
        permissions: Permissions::everything(),
        address: origin.address,
        user_agent: origin.user_agent,
    }))
}

/// The live sessions of a user, newest first.
pub async fn list(app: &App, user: UserId) -> Result<Vec<Session>, DbError> {
    let now = app.clock.now();
    let mut sessions = db::sessions::list(&mut app.db.read().await?, user).await?;
    sessions.retain(|session| !session.is_over(now) && !session.is_half);
    Ok(sessions)
}

/// Ends a session of a user; `false` if it was over already.
pub async fn end(app: &App, user: UserId, id: SessionId, actor: &Actor) -> Result<bool, DbError> {
    in_tx!(app.db, |tx| {
        let was_there = db::sessions::delete(tx, user, id).await?;
        if was_there {
            let detail = serde_json::json!({ "user": user });
            tx.audit(&app.clock, actor, ("session.end", &id), detail)
                .await?;
        }
        Ok(was_there)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn session(is_half: bool) -> Session {
        let clock = Clock::system();
        Session {
            id: SessionId::new(&clock),
            user: UserId::new(&clock),
            created_at: NOW,
            last_seen_at: NOW,
            is_half,
            address: "192.0.2.1".parse().unwrap(),
            user_agent: String::new(),
        }
    }

    #[test]
    fn a_session_ends_when_idle_and_after_a_week() {
        let whole = session(false);
        assert!(!whole.is_over(NOW.plus_seconds(LONGEST_IDLE_SECONDS - 1)));
        assert!(whole.is_over(NOW.plus_seconds(LONGEST_IDLE_SECONDS)));
        let used = Session {
            last_seen_at: NOW.plus_days(7),
            ..whole
        };
        assert!(!used.is_over(NOW.plus_seconds(LONGEST_SECONDS - 1)));
        assert!(used.is_over(NOW.plus_seconds(LONGEST_SECONDS)));
        assert!(!session(true).is_over(NOW.plus_seconds(599)));
        assert!(session(true).is_over(NOW.plus_seconds(600)));
    }

    #[test]
    fn a_token_is_long_and_hidden() {
        let token = SessionToken::generate(&Clock::system());
        assert_eq!(token.reveal().len(), 43);
        assert_eq!(format!("{token:?}"), "SessionToken(****)");
    }
}
