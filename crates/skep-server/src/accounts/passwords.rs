//! Setting passwords.

use crate::accounts::attempts::{self, Account, AttemptError, Kind};
use crate::accounts::caller::Caller;
use crate::accounts::password::{Password, PasswordError};
use crate::accounts::users::{self, UserError};
use crate::app::App;
use crate::db::audit::Actor;
use crate::db::{self, DbError, in_tx};
use crate::ids::SessionId;
use crate::oauth::grants;

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The old one was not right.
    #[error("the current password is wrong")]
    Wrong,
    /// The new one is no good.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Too many wrong ones, or the database failed.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// It is no good.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No such user, or the database failed.
    #[error(transparent)]
    User(#[from] UserError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Sets a user's password without knowing the old one: for commands.
pub async fn set(
    app: &App,
    user: &str,
    password: &Password,
    actor: &Actor,
) -> Result<(), SetError> {
    let user = users::show(app, user).await?;
    password.check_for(&user)?;
    let hash = password.hash(&app.clock).await;
    in_tx!(app.db, |tx| {
        db::users::set_password_hash(tx, user.id, Some(&hash)).await?;
        db::one_time_links::delete_of_user(tx, user.id).await?;
        db::sessions::delete_others(tx, user.id, None).await?;
        grants::end_all_in(tx, &app.clock, actor, user.id).await?;
        attempts::forget(tx, user.id).await?;
        let detail = serde_json::json!({});
        tx.audit(&app.clock, actor, ("user.set_password", &user.id), detail)
            .await?;
        Ok(())
    })
}

/// Changes the caller's password; every other session and every login of a tool ends.
///
/// # Errors
/// The old one is wrong, or the new one no good.
pub async fn change(
    app: &App,
    caller: &Caller,
    (old, new): (&Password, &Password),
    session: Option<SessionId>,
) -> Result<(), ChangeError> {
    let user = &caller.user;
    let attempt =
        attempts::begin(app, Kind::Password, Account::User(user.id), caller.address).await?;
    let stored = db::users::find_password_hash(&mut app.db.read().await?, user.id).await?;
    if !old.matches(stored).await {
        return Err(ChangeError::Wrong);
    }
    attempt.was_right(app).await?;
    new.check_for(user)?;
    let hash = new.hash(&app.clock).await;
    in_tx!(app.db, |tx| {
        db::users::set_password_hash(tx, user.id, Some(&hash)).await?;
        db::sessions::delete_others(tx, user.id, session).await?;
        let (actor, detail) = (caller.actor(), serde_json::json!({}));
        grants::end_all_in(tx, &app.clock, &actor, user.id).await?;
        tx.audit(&app.clock, &actor, ("user.set_password", &user.id), detail)
            .await?;
        Ok(())
    })
}
