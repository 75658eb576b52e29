//! Who is it? For everything but the repository, which answers without the database.

use crate::accounts::api_key::{ApiKeyRecord, KeyClosed};
use crate::accounts::attempts::AttemptError;
use crate::accounts::caller::{Caller, Via};
use crate::accounts::login::{self, LoginError};
use crate::accounts::password::Password;
use crate::accounts::permission::Permissions;
use crate::accounts::sessions::Origin;
use crate::accounts::user::User;
use crate::db::{self, Conn, DbError};
use crate::ids::UserId;
use crate::node::Node;
use crate::oauth::tokens::{self, Subject, TokenError};
use crate::secret_text::KeyHash;

/// Why nobody is authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// No credential, or an empty one.
    #[error("authentication required: send an API key or a token")]
    Missing,
    /// Nobody ever issued it.
    #[error("invalid API key or token")]
    Unknown,
    /// A password is only for making an API key with it.
    #[error("a username and a password are no good here: send an API key or a token")]
    PasswordHere,
    /// Nobody's, as far as one is told.
    #[error("invalid username and password combination")]
    WrongPassword,
    /// It was closed, or its time is over.
    #[error(transparent)]
    Closed(#[from] KeyClosed),
    /// Whoever it belongs to may nothing anymore.
    #[error("account `{0}` is disabled")]
    Disabled(String),
    /// It is no good now.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A customer's, who has no business here.
    #[error("this is the token of a license: it opens the repository, not this")]
    LicenseToken,
    /// Too many wrong passwords.
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The user whose API key has this hash.
///
/// # Errors
/// The key opens nothing.
pub async fn by_api_key(
    node: &Node,
    hash: KeyHash,
    origin: Origin,
) -> Result<Caller, AuthenticationError> {
    let mut conn = node.app.db.read().await?;
    let key = find_key(node, &mut conn, hash).await?;
    Ok(Caller {
        user: find_user(&mut conn, key.user).await?,
        via: Via::ApiKey(key.id),
        permissions: key.permissions,
        address: origin.address,
        user_agent: origin.user_agent,
    })
}

/// The user whose token this is: of a tool that logged in, or of one that gave an API key for it.
///
/// # Errors
/// The token is no good, or not a user's.
pub async fn by_token(
    node: &Node,
    text: &str,
    origin: Origin,
) -> Result<Caller, AuthenticationError> {
    let token = tokens::verify(node, text)?;
    let Subject::User { user, key } = token.subject else {
        return Err(AuthenticationError::LicenseToken);
    };
    let mut conn = node.app.db.read().await?;
    let via = match key {
        Some(hash) => Via::ApiKey(find_key(node, &mut conn, hash).await?.id),
        None => Via::Token { grant: token.grant },
    };
    Ok(Caller {
        user: find_user(&mut conn, user).await?,
        via,
        permissions: token.scope.clone(),
        address: origin.address,
        user_agent: origin.user_agent,
    })
}

async fn find_key(
    node: &Node,
    conn: &mut Conn,
    hash: KeyHash,
) -> Result<ApiKeyRecord, AuthenticationError> {
    let now = node.app.clock.now();
    let key = db::api_keys::find_by_hash(conn, hash)
        .await?
        .ok_or(AuthenticationError::Unknown)?;
    key.check(now)?;
    node.last_uses.note(key.id, now);
    Ok(key)
}

async fn find_user(conn: &mut Conn, id: UserId) -> Result<User, AuthenticationError> {
    let user = db::users::find(conn, id)
        .await?
        .ok_or(AuthenticationError::Unknown)?;
    if user.is_disabled() {
        return Err(AuthenticationError::Disabled(user.username));
    }
    Ok(user)
}

/// The user of a name and a password, who may do no more with it than an API key with `api`.
///
/// # Errors
/// The password is wrong, or there were too many wrong ones.
pub async fn by_password(
    node: &Node,
    name: &str,
    password: &Password,
    origin: Origin,
) -> Result<Caller, AuthenticationError> {
    let user = login::check_password(&node.app, name, password, &origin).await?;
    Ok(Caller {
        user,
        via: Via::Password,
        permissions: Permissions::api(),
        address: origin.address,
        user_agent: origin.user_agent,
    })
}

impl From<LoginError> for AuthenticationError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Wrong | LoginError::WrongCode | LoginError::TooLate => Self::WrongPassword,
            LoginError::Disabled(name) => Self::Disabled(name),
            LoginError::Attempt(error) => Self::Attempt(error),
            LoginError::Database(error) => Self::Database(error),
        }
    }
}
