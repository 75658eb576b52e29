//! Logging in: the password first, then a code of the second factor for whoever has one.

use crate::accounts::attempts::{self, Account, Attempt, AttemptError, Kind};
use crate::accounts::caller::Via;
use crate::accounts::password::Password;
use crate::accounts::second_factor::{self, Presented, SecondFactorError};
use crate::accounts::sessions::{self, NewSession, Origin, SessionToken};
use crate::accounts::user::User;
use crate::accounts::users;
use crate::app::App;
use crate::db::audit::Actor;
use crate::db::{self, DbError, Tx, in_tx};

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such user, no password, or another one: nobody learns which.
    #[error("the username or the password is wrong")]
    Wrong,
    /// The password was right.
    #[error("account `{0}` is disabled")]
    Disabled(String),
    /// The code is wrong, or was used before.
    #[error(
        "the code is wrong, or has been used already; codes go by the clock of the device that shows them"
    )]
    WrongCode,
    /// Nobody has given a password lately.
    #[error("that took too long: give the password once more")]
    TooLate,
    /// Too many wrong ones, or the database failed.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// What the password led to.
#[derive(Clone, Debug)]
pub enum LoggedIn {
    /// The user is logged in.
    Whole(NewSession),
    /// The user has to give a code next, with [`with_code`].
    Half(NewSession),
}

/// Whose password this is: by username or address.
///
/// # Errors
/// Nobody's, as far as one is told.
pub async fn check_password(
    app: &App,
    name: &str,
    password: &Password,
    origin: &Origin,
) -> Result<User, LoginError> {
    let (user, attempt) = match_password(app, name, password, origin).await?;
    attempt.was_right(app).await?;
    if user.is_disabled() {
        return Err(LoginError::Disabled(user.username));
    }
    Ok(user)
}

async fn match_password(
    app: &App,
    name: &str,
    password: &Password,
    origin: &Origin,
) -> Result<(User, Attempt), LoginError> {
    let name = name.trim().to_lowercase();
    let (user, hash) = {
        let mut conn = app.db.read().await?;
        match users::find(&mut conn, &name).await? {
            Ok(user) => {
                let hash = db::users::find_password_hash(&mut conn, user.id).await?;
                (Some(user), hash)
            }
            Err(_) => (None, None),
        }
    };
    let account = user
        .as_ref()
        .map_or(Account::Name(&name), |user| Account::User(user.id));
    let attempt = attempts::begin(app, Kind::Password, account, origin.address).await?;
    // Also for nobody: otherwise the time would tell who exists.
    let is_right = password.matches(hash).await;
    match user {
        Some(user) if is_right => Ok((user, attempt)),
        user => {
            audit_failure(app, user.as_ref(), origin).await?;
            Err(LoginError::Wrong)
        }
    }
}

async fn audit_failure(app: &App, user: Option<&User>, origin: &Origin) -> Result<(), DbError> {
    let actor = Actor::Anonymous {
        address: origin.address,
    };
    // What was given as a name may be a password in the wrong field: not a word of it.
    let subject = user.map_or_else(|| "unknown user".to_owned(), |user| user.id.to_string());
    in_tx!(app.db, |tx| {
        let detail = serde_json::json!({});
        tx.audit(&app.clock, &actor, ("login.fail", &subject), detail)
            .await
    })
}

/// Begins a session for whoever knows the password: a half one, if they have a second factor.
///
/// # Errors
/// The password is wrong, or there were too many wrong ones.
pub async fn with_password(
    app: &App,
    name: &str,
    password: &Password,
    origin: &Origin,
) -> Result<LoggedIn, LoginError> {
    let user = check_password(app, name, password, origin).await?;
    in_tx!(app.db, |tx| {
        if user.has_totp {
            let half = sessions::begin(tx, app, user.id, (true, origin)).await?;
            return Ok(LoggedIn::Half(half));
        }
        Ok(LoggedIn::Whole(begin(tx, app, &user, origin).await?))
    })
}

/// Makes a half session a whole one, with another cookie.
///
/// # Errors
/// The code is wrong, or there were too many wrong ones, or it is too late.
pub async fn with_code(
    app: &App,
    half: &SessionToken,
    code: &str,
    origin: &Origin,
) -> Result<NewSession, LoginError> {
    let found = sessions::find(app, half).await?;
    let (session, user) = found
        .filter(|(session, _)| session.is_half)
        .ok_or(LoginError::TooLate)?;
    let presented = Presented {
        code,
        via: Via::Session(session.id),
        address: origin.address,
    };
    second_factor::check(app, &user, presented).await?;
    in_tx!(app.db, |tx| {
        if !db::sessions::delete(tx, user.id, session.id).await? {
            return Err(LoginError::TooLate);
        }
        Ok(begin(tx, app, &user, origin).await?)
    })
}

/// A whole session, its entry in the audit, and a known address.
pub(super) async fn begin(
    tx: &mut Tx,
    app: &App,
    user: &User,
    origin: &Origin,
) -> Result<NewSession, DbError> {
    let new = sessions::begin(tx, app, user.id, (false, origin)).await?;
    attempts::remember_address(tx, user.id, origin.address, app.clock.now()).await?;
    let actor = Actor::User {
        id: user.id,
        username: user.username.clone(),
        via: Via::Password,
        address: origin.address,
    };
    let detail = serde_json::json!({ "session": new.session.id, "user_agent": origin.user_agent });
    tx.audit(&app.clock, &actor, ("login", &user.id), detail)
        .await?;
    Ok(new)
}

impl From<SecondFactorError> for LoginError {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::Attempt(error) => Self::Attempt(error),
            SecondFactorError::Database(error) => Self::Database(error),
            // Somebody took the second factor away in the meantime: begin again.
            SecondFactorError::NotEnabled => Self::TooLate,
            SecondFactorError::Wrong
            | SecondFactorError::Enabled
            | SecondFactorError::Unknown(_) => Self::WrongCode,
        }
    }
}
