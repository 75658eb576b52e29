//! One-time links: how a user without a password sets one. The code is shown once, to whoever may run
//! commands; it is never part of a URL's path, which proxies write down.

use std::fmt;

use crate::accounts::attempts::{self, Account, AttemptError, Kind};
use crate::accounts::login;
use crate::accounts::password::{Password, PasswordError};
use crate::accounts::sessions::{NewSession, Origin};
use crate::accounts::totp::{hash_of_readable, readable_code};
use crate::accounts::user::User;
use crate::accounts::users::{self, UserError};
use crate::app::App;
use crate::clock::{DAY_SECONDS, Timestamp};
use crate::db::audit::Actor;
use crate::db::{self, DbError, in_tx};
use crate::oauth::grants;

const LIFE_SECONDS: i64 = DAY_SECONDS;
/// Of five bits each.
const CODE_CHARACTERS: usize = 24;

/// The code of a one-time link. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkCode(String);

impl fmt::Debug for LinkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkCode(****)")
    }
}

impl LinkCode {
    /// A code that somebody gave.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the one time it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A link that was made. The code exists only here.
#[derive(Clone, Debug)]
pub struct OneTimeLink {
    /// Who may set a password with it.
    pub user: User,
    /// What they have to give.
    pub code: LinkCode,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why a link does nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no such link, or it was used, or it is too old, or another one was made since.
    #[error(
        "this code does not work, or not anymore: ask for a new one (`skep user reset-password NAME`)"
    )]
    Unknown,
    /// Its user may nothing.
    #[error("account `{0}` is disabled")]
    Disabled(String),
    /// The new password is no good; the link still is.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Too many wrong ones, or the database failed.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Makes a link for a user, in place of earlier ones. It works for a day.
pub async fn create(app: &App, user: &str, actor: &Actor) -> Result<OneTimeLink, UserError> {
    make(app, user, actor, false).await
}

/// Takes a user's password away, ends their sessions, forgets their wrong attempts, and makes a link.
/// Tools that are logged in have to log in again; API keys are not concerned.
pub async fn reset_password(
    app: &App,
    user: &str,
    actor: &Actor,
) -> Result<OneTimeLink, UserError> {
    make(app, user, actor, true).await
}

async fn make(
    app: &App,
    user: &str,
    actor: &Actor,
    is_reset: bool,
) -> Result<OneTimeLink, UserError> {
    let now = app.clock.now();
    let (code, expires_at) = (
        LinkCode(readable_code::<CODE_CHARACTERS>(&app.clock)),
        now.plus_seconds(LIFE_SECONDS),
    );
    let user = in_tx!(app.db, |tx| {
        let user = users::find_locked(tx, user).await?;
        let hash = hash_of_readable(code.reveal());
        db::one_time_links::replace(tx, user.id, &hash, (now, expires_at)).await?;
        if is_reset {
            db::users::set_password_hash(tx, user.id, None).await?;
            db::sessions::delete_others(tx, user.id, None).await?;
            grants::end_all_in(tx, &app.clock, actor, user.id).await?;
            attempts::forget(tx, user.id).await?;
        }
        let action = if is_reset {
            "user.reset_password"
        } else {
            "user.invite"
        };
        let detail = serde_json::json!({ "expires_at": expires_at });
        tx.audit(&app.clock, actor, (action, &user.id), detail)
            .await?;
        Ok::<_, UserError>(user)
    })?;
    Ok(OneTimeLink {
        user,
        code,
        expires_at,
    })
}

/// Who would set a password with this code. Does not use the link up.
///
/// # Errors
/// Nobody, or there were too many wrong codes from this address.
pub async fn find(app: &App, code: &LinkCode, origin: &Origin) -> Result<User, LinkError> {
    let attempt = attempts::begin(app, Kind::Link, Account::Any, origin.address).await?;
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let link = db::one_time_links::find(&mut conn, &hash_of_readable(code.reveal())).await?;
    let (id, _) = link
        .filter(|(_, expires_at)| now < *expires_at)
        .ok_or(LinkError::Unknown)?;
    let user = db::users::find(&mut conn, id).await?;
    drop(conn);
    attempt.was_right(app).await?;
    let user = user.ok_or(LinkError::Unknown)?;
    if user.is_disabled() {
        return Err(LinkError::Disabled(user.username));
    }
    Ok(user)
}

/// Sets the password of a link's user and uses the link up; every session of the user ends. Whoever has
/// no second factor is logged in; the others log in with the new password (`None`).
///
/// # Errors
/// The link does nothing, or the password is no good.
pub async fn set_password(
    app: &App,
    code: &LinkCode,
    password: &Password,
    origin: &Origin,
) -> Result<(User, Option<NewSession>), LinkError> {
    let user = find(app, code, origin).await?;
    password.check_for(&user)?;
    let hash = password.hash(&app.clock).await;
    in_tx!(app.db, |tx| {
        if !db::one_time_links::delete(tx, &hash_of_readable(code.reveal())).await? {
            return Err(LinkError::Unknown);
        }
        db::users::set_password_hash(tx, user.id, Some(&hash)).await?;
        let actor = Actor::Anonymous {
            address: origin.address,
        };
        db::sessions::delete_others(tx, user.id, None).await?;
        grants::end_all_in(tx, &app.clock, &actor, user.id).await?;
        attempts::forget(tx, user.id).await?;
        let detail = serde_json::json!({ "with": "one-time link" });
        tx.audit(&app.clock, &actor, ("user.set_password", &user.id), detail)
            .await?;
        if user.has_totp {
            return Ok((user.clone(), None));
        }
        let session = login::begin(tx, app, &user, origin).await?;
        Ok((user.clone(), Some(session)))
    })
}
