//! Someone who publishes or administers.

use serde::Serialize;

use crate::accounts::role::Role;
use crate::clock::Timestamp;
use crate::ids::UserId;

/// A user, without any secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// What they are called, in lower case.
    pub username: String,
    /// Their address, in lower case.
    pub email: String,
    /// What they may.
    pub role: Role,
    /// Since when they are known.
    pub created_at: Timestamp,
    /// They may nothing since then.
    pub disabled_at: Option<Timestamp>,
    /// Whether they have a second factor, which an app has proved to know.
    pub has_totp: bool,
    /// Whether they can log in with a password.
    pub has_password: bool,
}

impl User {
    /// Whether they may nothing anymore.
    #[must_use]
    pub const fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }
}

/// Why something is not a username.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a username: use 2 to 63 lower-case letters, digits, `_`, `-` and `.`, beginning with a letter or a digit"
)]
pub struct UsernameError(String);

/// A username in lower case.
///
/// # Errors
/// It would be hard to type, or to tell from something else.
pub fn parse_username(text: &str) -> Result<String, UsernameError> {
    let username = text.trim().to_ascii_lowercase();
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_fine = (2..=63).contains(&username.len())
        && username.starts_with(is_letter)
        && username.chars().all(|c| is_letter(c) || "_-.".contains(c));
    if is_fine {
        Ok(username)
    } else {
        Err(UsernameError(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_kept_in_lower_case() {
        assert_eq!(parse_username(" Rosa.P "), Ok("rosa.p".to_owned()));
        for text in ["", "r", "-rosa", "ro sa", "rosa@example.com", "rösa"] {
            assert!(parse_username(text).is_err(), "{text}");
        }
        assert!(parse_username(&"r".repeat(64)).is_err());
    }
}
