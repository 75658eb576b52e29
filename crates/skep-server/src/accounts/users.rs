//! Entering, finding and changing users.

use crate::accounts::password::{Password, PasswordError};
use crate::accounts::role::Role;
use crate::accounts::unknown::Unknown;
use crate::accounts::user::{User, UsernameError, parse_username};
use crate::app::App;
use crate::db::audit::Actor;
use crate::db::{self, Conn, DbError, Tx, in_tx};
use crate::ids::UserId;
use crate::licensing::customers::parse_email;
use crate::oauth::grants;

/// Why a user was not entered, found or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Not a username.
    #[error(transparent)]
    Username(#[from] UsernameError),
    /// Not an address.
    #[error("`{0}` is not an email address: use one as jo@example.com")]
    Email(String),
    /// Somebody has this username or address.
    #[error("there is a user `{0}` already")]
    Exists(String),
    /// Without an owner, nobody could manage users in a browser.
    #[error(
        "`{0}` is the only owner who is not disabled: make another one first with `skep user create --role owner` or \
         `skep user set-role`"
    )]
    LastOwner(String),
    /// Not a good password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Nobody.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A user to be entered.
#[derive(Clone, Debug)]
pub struct Create {
    /// What to call them, in any case.
    pub username: String,
    /// Their address, in any case.
    pub email: String,
    /// What they may.
    pub role: Role,
    /// Who enters them.
    pub actor: Actor,
}

/// Enters a user, who has no password yet.
pub async fn create(app: &App, request: &Create) -> Result<User, UserError> {
    enter(app, request, None).await
}

/// Enters a user with a password.
pub async fn create_with_password(
    app: &App,
    request: &Create,
    password: &Password,
) -> Result<User, UserError> {
    password.check_against(&[&request.username, &request.email])?;
    let hash = password.hash(&app.clock).await;
    enter(app, request, Some(&hash)).await
}

async fn enter(
    app: &App,
    request: &Create,
    password_hash: Option<&str>,
) -> Result<User, UserError> {
    let username = parse_username(&request.username)?;
    let email = parse_email(&request.email)
        .map_err(|_| UserError::Email(request.email.chars().take(254).collect()))?;
    in_tx!(app.db, |tx| {
        for name in [&username, &email] {
            if db::users::find_by_name(tx, name).await?.is_some() {
                return Err(UserError::Exists(name.clone()));
            }
        }
        let user = User {
            id: UserId::new(&app.clock),
            username: username.clone(),
            email: email.clone(),
            role: request.role,
            created_at: app.clock.now(),
            disabled_at: None,
            has_totp: false,
            has_password: password_hash.is_some(),
        };
        db::users::insert(tx, &user).await?;
        db::users::set_password_hash(tx, user.id, password_hash).await?;
        let detail = serde_json::json!({
            "username": user.username, "email": user.email, "role": user.role,
            "has_password": user.has_password,
        });
        tx.audit(
            &app.clock,
            &request.actor,
            ("user.create", &user.id),
            detail,
        )
        .await?;
        Ok(user)
    })
}

/// Every user, by username.
pub async fn list(app: &App) -> Result<Vec<User>, DbError> {
    db::users::list(&mut app.db.read().await?).await
}

/// The user of a username, an address or an id.
pub async fn show(app: &App, name_or_id: &str) -> Result<User, UserError> {
    Ok(find(&mut app.db.read().await?, name_or_id).await??)
}

/// The user of a username, an address or an id.
pub(crate) async fn find(
    conn: &mut Conn,
    name_or_id: &str,
) -> Result<Result<User, Unknown>, DbError> {
    let found = match name_or_id.parse::<UserId>() {
        Ok(id) => db::users::find(conn, id).await?,
        Err(_) => db::users::find_by_name(conn, &name_or_id.trim().to_lowercase()).await?,
    };
    Ok(found.ok_or_else(|| Unknown::user(name_or_id)))
}

/// Gives a user another role.
pub async fn set_role(app: &App, user: &str, role: Role, actor: &Actor) -> Result<User, UserError> {
    in_tx!(app.db, |tx| {
        let before = find_locked(tx, user).await?;
        let after = User {
            role,
            ..before.clone()
        };
        let detail = serde_json::json!({ "from": before.role, "to": role });
        update(tx, app, (&before, after), (actor, "user.set_role", detail)).await
    })
}

/// Refuses a user from now on, with whatever they come. Their keys open again when they are enabled; the
/// logins of their tools and browsers have ended.
pub async fn disable(app: &App, user: &str, actor: &Actor) -> Result<User, UserError> {
    let now = app.clock.now();
    in_tx!(app.db, |tx| {
        let before = find_locked(tx, user).await?;
        let after = User {
            disabled_at: before.disabled_at.or(Some(now)),
            ..before.clone()
        };
        let mut detail = serde_json::json!({});
        if !before.is_disabled() {
            let browsers = db::sessions::delete_others(tx, before.id, None).await?;
            let tools = grants::end_all_in(tx, &app.clock, actor, before.id).await?;
            detail = serde_json::json!({ "ended": { "browsers": browsers, "tools": tools } });
        }
        update(tx, app, (&before, after), (actor, "user.disable", detail)).await
    })
}

/// Lets a user in again.
pub async fn enable(app: &App, user: &str, actor: &Actor) -> Result<User, UserError> {
    in_tx!(app.db, |tx| {
        let before = find_locked(tx, user).await?;
        let after = User {
            disabled_at: None,
            ..before.clone()
        };
        let detail = serde_json::json!({});
        update(tx, app, (&before, after), (actor, "user.enable", detail)).await
    })
}

/// Writes a change down, unless it is none or would leave nobody who may do everything.
async fn update(
    tx: &mut Tx,
    app: &App,
    (before, after): (&User, User),
    (actor, action, detail): (&Actor, &'static str, serde_json::Value),
) -> Result<User, UserError> {
    if *before == after {
        return Ok(after);
    }
    let is_owner = |user: &User| user.role == Role::Owner && !user.is_disabled();
    let is_last = is_owner(before) && db::users::count_enabled(tx, Role::Owner).await? == 1;
    if is_last && !is_owner(&after) {
        return Err(UserError::LastOwner(before.username.clone()));
    }
    db::users::update(tx, &after).await?;
    tx.audit(&app.clock, actor, (action, &after.id), detail)
        .await?;
    Ok(after)
}

/// A user to change: nobody else changes any until the transaction ends.
pub(super) async fn find_locked(tx: &mut Tx, user: &str) -> Result<User, UserError> {
    db::users::lock_all(tx).await?;
    Ok(find(tx, user).await??)
}
