//! Passwords: argon2id, off the async threads, a few at a time.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::accounts::user::User;
use crate::clock::Clock;

/// Each needs 19 MiB and a core for some tens of milliseconds.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

const FEWEST_CHARACTERS: usize = 10;
const MOST_BYTES: usize = 1024;

/// A password that somebody gave. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(****)")
    }
}

/// Why something is no good as a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too easily tried out.
    #[error("a password has at least {FEWEST_CHARACTERS} characters")]
    Short,
    /// Nobody types that.
    #[error("a password has at most {MOST_BYTES} bytes")]
    Long,
    /// Everybody knows it.
    #[error("the password is the username or the email address: everybody knows those")]
    OwnName,
}

impl Password {
    /// Whatever somebody gave.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether it is good enough for a user.
    ///
    /// # Errors
    /// Why not.
    pub fn check_for(&self, user: &User) -> Result<(), PasswordError> {
        self.check_against(&[&user.username, &user.email])
    }

    /// The same for somebody of these names.
    ///
    /// # Errors
    /// Why not.
    pub fn check_against(&self, names: &[&str]) -> Result<(), PasswordError> {
        let lower = self.0.trim().to_lowercase();
        if names.iter().any(|name| name.trim().to_lowercase() == lower) {
            Err(PasswordError::OwnName)
        } else if self.0.chars().count() < FEWEST_CHARACTERS {
            Err(PasswordError::Short)
        } else if self.0.len() > MOST_BYTES {
            Err(PasswordError::Long)
        } else {
            Ok(())
        }
    }

    /// What is stored: a PHC string with parameters and a new salt.
    pub async fn hash(&self, clock: &Clock) -> String {
        let (text, salt) = (self.0.clone(), clock.random::<16>());
        off_the_async_threads(move || hash(&text, &salt)).await
    }

    /// Whether it is the password of a stored hash. Without one the answer is no, after as long a time.
    pub async fn matches(&self, stored: Option<String>) -> bool {
        // A longer one was never set; hashing it would only cost.
        let text: String = if self.0.len() > MOST_BYTES {
            String::new()
        } else {
            self.0.clone()
        };
        off_the_async_threads(move || match stored {
            Some(stored) => argon2()
                .verify_password(text.as_bytes(), stored.as_str())
                .is_ok(),
            None => hash(&text, b"nobody's salt 16").is_empty(),
        })
        .await
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash(text: &str, salt: &[u8; 16]) -> String {
    let hash: PasswordHash = argon2()
        .hash_password_with_salt(text.as_bytes(), salt)
        .expect("the salt has a good length and the password is not gigabytes long");
    hash.to_string()
}

async fn off_the_async_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let _one_of_few = AT_ONCE.acquire().await.expect("nobody closes it");
    tokio::task::spawn_blocking(work)
        .await
        .expect("hashing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::role::Role;
    use crate::clock::Timestamp;
    use crate::ids::UserId;

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash() {
        let clock = Clock::system();
        let password = Password::from_text("correct horse");
        let hash = password.hash(&clock).await;
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_ne!(hash, password.hash(&clock).await);
        assert!(password.matches(Some(hash.clone())).await);
        let other = Password::from_text("correct house");
        assert!(!other.matches(Some(hash)).await);
        assert!(!password.matches(None).await);
        assert!(!password.matches(Some("rubbish".to_owned())).await);
        let long = Password::from_text("x".repeat(MOST_BYTES + 1));
        assert!(!long.matches(None).await);
        assert_eq!(format!("{password:?}"), "Password(****)");
    }

    #[test]
    fn weak_passwords_are_refused() {
        let user = User {
            id: UserId::new(&Clock::system()),
            username: "rosa.publisher".to_owned(),
            email: "rosa@example.com".to_owned(),
            role: Role::Owner,
            created_at: Timestamp::from_seconds(0),
            disabled_at: None,
            has_totp: false,
            has_password: false,
        };
        let check = |text: &str| Password::from_text(text).check_for(&user);
        assert_eq!(check("ninechars"), Err(PasswordError::Short));
        assert_eq!(check("tenletters"), Ok(()));
        assert_eq!(check("Rosa.Publisher"), Err(PasswordError::OwnName));
        assert_eq!(check("ROSA@example.com"), Err(PasswordError::OwnName));
        assert_eq!(check(&"x".repeat(1025)), Err(PasswordError::Long));
    }
}
